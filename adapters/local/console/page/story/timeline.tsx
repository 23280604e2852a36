import { toClock, toDuration } from "../time.tsx";
import type { Bar, Guide, RowPicture } from "./row-picture.ts";
import type { Scale } from "./scale.ts";

const percent = (share: number): string => `${(share * 100).toFixed(3)}%`;
const HEIGHT = 28;

interface TimelineProps {
  readonly picture: RowPicture;
  readonly scale: Scale;
  /** When the story begins. */
  readonly start: number;
}

/** Who waited and who worked, for the eye: what it says stands in words beside it. */
export const Timeline = ({ picture: { bars, marks, guides }, scale, start }: TimelineProps) => (
  <svg class="timeline" height={HEIGHT} aria-hidden="true">
    {scale.pieces.map(
      ({ isCut, begin, end }) =>
        isCut && <rect key={begin} class="cut" x={percent(begin)} width={percent(end - begin)} height="100%" />,
    )}
    {guides.map((guide) => (
      <Line key={`${guide.x} ${guide.from}`} {...guide} />
    ))}
    {bars.map((bar) => (
      <BarView key={`${bar.kind} ${bar.from} ${bar.number}`} bar={bar} start={start} />
    ))}
    {marks.map(({ kind, x, at }) => (
      <svg key={`${kind} ${at}`} x={percent(x)} y={MARKS[kind].y} class="mark" aria-hidden="true">
        <path class={kind} d={MARKS[kind].path}>
          <title>{`${kind} at ${toClock(at)} (+${toDuration(at - start)})`}</title>
        </path>
      </svg>
    ))}
  </svg>
);

/** Around 0. */
export const MARKS = {
  said: { y: 14, path: "M-4 -5 L4 0 L-4 5 Z" },
  saved: { y: 24, path: "M-3 -3 H3 V3 H-3 Z" },
  effect: { y: 4, path: "M0 -4 L4 0 L0 4 L-4 0 Z" },
  letter: { y: 14, path: "M-4 -4 L4 4 M4 -4 L-4 4" },
} as const;

const Line = ({ x, from, to }: Guide) => (
  <line class="guide" x1={percent(x)} x2={percent(x)} y1={from * HEIGHT} y2={to * HEIGHT} />
);

/** Two that lie beside one another share the height. */
const TOPS = { waiting: { y: 12, height: 4 }, had: { y: 7, height: 14 }, work: { y: 7, height: 14 } } as const;

function BarView({ bar: { kind, tone, x, width, level, from, to, number }, start }: { bar: Bar; start: number }) {
  const { y, height } = TOPS[kind];
  const what = kind === "waiting" ? "waiting" : `attempt ${number}${kind === "work" ? ", at work" : ""}`;
  return (
    <rect
      class={`bar ${kind} ${tone}`}
      x={percent(x)}
      width={percent(width)}
      y={y + level * 4}
      height={height - level * 4}
      rx="1.5"
    >
      <title>{`${what}: ${toDuration(to - from)}, ${toClock(from)} to ${toClock(to)} (+${toDuration(from - start)})`}</title>
    </rect>
  );
}
