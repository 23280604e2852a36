import { COLOURS, Plot } from "./plot.tsx";
import { useStore } from "./store.ts";
import { KEPT_S, tally, toRate } from "./tally.ts";
import { useTick } from "./tick.ts";

/** Over so many seconds a line is made smooth. */
const SMOOTH_S = 3;
const MINUTES = KEPT_S / 60;
const TICKS = [...Array.from({ length: MINUTES }, (_, index) => `${index - MINUTES} min`), "now"];

/** Events a second by function, drawn, and in words beside. */
export function Rates() {
  const functions = useStore((state) => state.system?.functions) ?? [];
  const now = useTick();
  const lines = functions.map(({ name }) => ({ name, values: smooth(tally.lately("done", name, now)) }));
  return (
    <section class="panel rates" aria-labelledby="rates-title">
      <header>
        <h2 id="rates-title">Events a second</h2>
        <span class="dim">by function</span>
      </header>
      <Plot lines={lines} ticks={TICKS} />
      <ul class="rates-legend">
        {functions.map(({ name }, index) => (
          <li key={name}>
            <span class={`swatch series-${(index % COLOURS) + 1}`} aria-hidden="true" />
            <span class="legend-name">{name}</span> <b class="mono">{toRate(tally.rate("done", name, now))}</b>
            <span class="unseen"> a second</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

const smooth = (counts: readonly (number | null)[]): (number | null)[] =>
  counts.map((count, index) => {
    const some = counts.slice(Math.max(0, index - SMOOTH_S + 1), index + 1).filter((each) => each !== null);
    return count === null ? null : some.reduce((sum, each) => sum + each, 0) / some.length;
  });
