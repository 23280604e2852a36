const WIDTH = 30;
const EVERY_MS = 100;

interface Progress {
  show(count: number): void;
  done(count: number): void;
}

/** A bar that moves where somebody looks, one line at the end where nobody does. */
export function createProgress(what: string, total: number): Progress {
  const live = process.stdout.isTTY === true;
  let shown = 0;
  const draw = (count: number, end: string) => {
    const filled = Math.round((WIDTH * count) / Math.max(total, 1));
    process.stdout.write(
      `${what.padEnd(10)} ${"█".repeat(filled)}${"░".repeat(WIDTH - filled)} ${count}/${total}${end}`,
    );
  };
  return {
    show(count) {
      if (!live || Date.now() - shown < EVERY_MS) return;
      shown = Date.now();
      draw(count, "\r");
    },
    done: (count) => draw(count, "\n"),
  };
}
