import type { Ledger } from "../ledger/ledger.ts";

/** Of a deadline, which begins when the turn comes: a sidecar waits 12 s where that is 10. */
export const WAIT_SHARE = 0.15;

interface AloneOptions {
  readonly ledger: Ledger;
  readonly documentKey: string;
  /** How long it may have to wait, in ms. */
  readonly waitMs: number;
  /** Ends its waiting. */
  readonly signal?: AbortSignal | undefined;
}

type Waiting = (() => void)[];

const queues = new WeakMap<Ledger, Map<string, Waiting>>();

/**
 * One at a time on a document, in a process: side by side, all but the fastest would have handled their event for nothing.
 *
 * in  work: is told whether its turn has come, or that it has waited too long. Never rejects.
 */
export async function alone<T>(
  work: (isTurn: boolean) => Promise<T>,
  { ledger, documentKey, waitMs, signal }: AloneOptions,
): Promise<T> {
  const queue = queues.get(ledger) ?? new Map<string, Waiting>();
  queues.set(ledger, queue);
  const waiting = queue.get(documentKey);
  if (!waiting) queue.set(documentKey, []);
  else if (!(await turnIn(waiting, { waitMs, signal }))) return work(false);
  try {
    return await work(true);
  } finally {
    const next = queue.get(documentKey)?.shift();
    if (next) next();
    else queue.delete(documentKey);
  }
}

function turnIn(waiting: Waiting, { waitMs, signal }: Pick<AloneOptions, "waitMs" | "signal">): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isTurn: boolean) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", leave);
      resolve(isTurn);
    };
    const take = () => end(true);
    const leave = () => {
      waiting.splice(waiting.indexOf(take), 1);
      end(false);
    };
    const timer = setTimeout(leave, waitMs);
    signal?.addEventListener("abort", leave, { once: true });
    waiting.push(take);
  });
}
