import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { useMedia } from "./media.ts";
import { useStore } from "./store.ts";
import { KEPT_S, tally, toRate } from "./tally.ts";
import { useTick } from "./tick.ts";

const SERIES = 6;
/** Over so many seconds a line is made smooth. */
const SMOOTH_S = 3;

/** Events a second by function, drawn when it is seen, and in words beside. */
export function Rates() {
  const names = useStore((state) => state.system?.functions)?.map(({ name }) => name) ?? [];
  const now = useTick();
  return (
    <section class="panel rates" aria-labelledby="rates-title">
      <header>
        <h2 id="rates-title">Events a second</h2>
        <span class="dim">by function, {KEPT_S / 60} minutes</span>
      </header>
      {names.length > 0 && <Plot names={names} now={now} />}
      <ul class="legend">
        {names.map((name, index) => (
          <li key={name}>
            <span class={`swatch series-${(index % SERIES) + 1}`} aria-hidden="true" />
            <span class="legend-name">{name}</span> <b class="mono">{toRate(tally.rate("done", name, now))}</b>
            <span class="unseen"> a second</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Plot({ names, now }: { names: readonly string[]; now: number }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [isSeen, setSeen] = useState(false);
  const isDark = useMedia("(prefers-color-scheme: dark)");
  const key = names.join();

  useEffect(() => {
    const watcher = new IntersectionObserver((entries) => setSeen(entries.some((entry) => entry.isIntersecting)));
    if (box.current) watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);
  // Colours are read anew in another theme, and the names are one text.
  useEffect(() => {
    const { current } = box;
    if (!current || !isSeen) return;
    const sizeOf = () => ({ width: current.clientWidth, height: current.clientHeight });
    const made = new uPlot({ ...toOptions(names), ...sizeOf() }, toData(names, Date.now()), current);
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize(sizeOf()));
    watcher.observe(current);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [isSeen, isDark, key]);
  useEffect(() => plot.current?.setData(toData(names, now)), [names, now]);
  return <div ref={box} class="plot" aria-hidden="true" />;
}

function toOptions(names: readonly string[]): Omit<uPlot.Options, "width" | "height"> {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const axis = {
    stroke: colour("dim"),
    font: `11px ${colour("sans")}`,
    grid: { stroke: colour("line"), width: 1 },
    ticks: { show: false },
  };
  return {
    cursor: { show: false },
    legend: { show: false },
    padding: [10, 20, 0, 4],
    scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(2, Math.ceil(most * 1.1))] } },
    axes: [
      {
        ...axis,
        size: 24,
        gap: 4,
        grid: { show: false },
        splits: () => [-150, -120, -90, -60, -30, 0],
        values: (_, at) =>
          at.map((seconds) => (seconds === 0 ? "now" : seconds % 60 === 0 ? `${seconds / 60} min` : "")),
      },
      { ...axis, size: 34, gap: 4, space: 28, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000] },
    ],
    series: [
      {},
      ...names.map((name, index) => ({
        label: name,
        stroke: colour(`series-${(index % SERIES) + 1}`),
        width: 1.5,
        points: { show: false },
      })),
    ],
  };
}

function toData(names: readonly string[], now: number): uPlot.AlignedData {
  const length = KEPT_S - SMOOTH_S;
  const seconds = Array.from({ length }, (_, index) => index - length + 1);
  return [seconds, ...names.map((name) => smooth(tally.lately("done", name, now)).slice(-length))];
}

const smooth = (counts: readonly (number | null)[]): (number | null)[] =>
  counts.map((count, index) => {
    const some = counts.slice(Math.max(0, index - SMOOTH_S + 1), index + 1).filter((each) => each !== null);
    return count === null ? null : some.reduce((sum, each) => sum + each, 0) / some.length;
  });
