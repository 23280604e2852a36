/** A value a step, the newest last. null: nobody looked then. */
export interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

interface PlotProps {
  readonly lines: readonly Line[];
  /** Below it, from its beginning to its end. */
  readonly ticks: readonly string[];
}

/** Colours that there are. */
export const COLOURS = 6;
const WIDTH = 1_000;
const HEIGHT = 100;

/** Lines over time, from 0. A picture alone: what it tells must be said beside it. */
export function Plot({ lines, ticks }: PlotProps) {
  const { step, top } = toScale(Math.max(...lines.flatMap(({ values }) => values.map((value) => value ?? 0))));
  const levels = Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
  return (
    <div class="plot" aria-hidden="true">
      <div class="plot-area">
        {levels.map((level) => (
          <span key={level} class="plot-level" style={{ bottom: `${(level / top) * 100}%` }}>
            {level}
          </span>
        ))}
        <svg aria-hidden="true" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none">
          {lines.map(({ name, values }, index) => (
            <path key={name} class={`plot-line series-${(index % COLOURS) + 1}`} d={toPath(values, top)} />
          ))}
        </svg>
      </div>
      <div class="plot-ticks">
        {ticks.map((tick) => (
          <span key={tick}>{tick}</span>
        ))}
      </div>
    </div>
  );
}

/** Round numbers, at most five of them. */
export function toScale(most: number): { readonly step: number; readonly top: number } {
  const least = Math.max(1, most / 5);
  const power = 10 ** Math.floor(Math.log10(least));
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= least) ?? 10);
  return { step, top: Math.max(2, Math.ceil(most / step)) * step };
}

/** As SVG writes it, with a gap where there is no value. */
export function toPath(values: readonly (number | null)[], top: number): string {
  let isOn = false;
  return values
    .flatMap((value, index) => {
      const command = isOn ? "L" : "M";
      isOn = value !== null;
      if (value === null) return [];
      const [x, y] = [(index / (values.length - 1)) * WIDTH, HEIGHT - (value / top) * HEIGHT];
      return [`${command}${x.toFixed(1)} ${y.toFixed(1)}`];
    })
    .join("");
}
