const WIDTH = 30;
const EVERY_MS = 100;
const CLEAR_TO_END = "\u001b[K";

interface Progress {
  /** in: what else is worth knowing */
  show(count: number, note?: string): void;
  done(count: number, note?: string): void;
}

/** A bar that moves where somebody looks, with how many a second and the time left; one line at the end where nobody does. */
export function createProgress(what: string, total: number, stream: NodeJS.WriteStream = process.stdout): Progress {
  const live = stream.isTTY === true;
  const started = Date.now();
  let shown = 0;
  const draw = (count: number, rest: readonly string[], end: string) => {
    const filled = Math.round((WIDTH * count) / Math.max(total, 1));
    const bar = `${"█".repeat(filled)}${"░".repeat(WIDTH - filled)}`;
    const text = [`${what.padEnd(10)} ${bar} ${count}/${total}`, ...rest.filter((each) => each !== "")].join(", ");
    stream.write(`${text}${live ? CLEAR_TO_END : ""}${end}`);
  };
  return {
    show(count, note = "") {
      if (!live || Date.now() - shown < EVERY_MS) return;
      shown = Date.now();
      draw(count, [...toPace({ count, total, ms: shown - started }), note], "\r");
    },
    done: (count, note = "") => draw(count, [...toPace({ count, total: count, ms: Date.now() - started }), note], "\n"),
  };
}

/** out: as people read it: 123 a second, 4 s left */
export function toPace({ count, total, ms }: { count: number; total: number; ms: number }): readonly string[] {
  if (count === 0 || ms <= 0) return [];
  const rate = (count / ms) * 1_000;
  const left = Math.ceil((total - count) / rate);
  return [`${rate < 10 ? rate.toFixed(1) : Math.round(rate)} a second`, ...(left > 0 ? [`${left} s left`] : [])];
}
