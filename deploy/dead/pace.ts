import { setTimeout as pause } from "node:timers/promises";

/** Lets through at most so many a second: whoever is mended is not run over at once. */
export function createPace(rate: number, signal?: AbortSignal): () => Promise<void> {
  let next = performance.now();
  return async () => {
    const now = performance.now();
    const wait = next - now;
    next = Math.max(next, now) + 1_000 / rate;
    if (wait > 1) await pause(wait, undefined, signal ? { signal } : {}).catch(() => {});
  };
}
