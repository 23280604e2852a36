import type { CallOptions } from "../core/ledger/ledger.ts";

/** Of a request. daprd takes bodies of 4 MiB. */
const MOST_KEYS = 100;
const MOST_BYTES = 3 * 1024 * 1024;
/** Requests under way: what comes meanwhile waits for the next, which has more in it then. */
const AT_ONCE = 4;

/** What may go in one request with others. */
export interface Grouped {
  /** What it is about. */
  readonly keys: readonly string[];
  /** Of the request's body. */
  readonly bytes: number;
}

interface GroupOptions<Call extends Grouped, Result> {
  /** Of calls about one key, none goes before the last is answered. */
  readonly isOrdered?: boolean;
  /** out: of each call, in their order. throws: for all of them */
  send(calls: readonly Call[], options: CallOptions): Promise<readonly (Result | Error)[]>;
}

type Group<Call, Result> = (call: Call, options?: CallOptions) => Promise<Result>;

interface Waiting<Call, Result> {
  readonly call: Call;
  leave(): void;
  settle(result: Result | Error): void;
}

/**
 * Sends in one request what is asked for in the same turn of the event loop, and what has come while others were under way. A call
 * alone leaves at the end of its turn. One that is aborted takes nobody with it: a request ends with the last that waits for it.
 */
export function createGroup<Call extends Grouped, Result>({
  isOrdered = false,
  send,
}: GroupOptions<Call, Result>): Group<Call, Result> {
  const waiting = new Set<Waiting<Call, Result>>();
  const busy = new Set<string>();
  let underWay = 0;
  let isAwake = false;

  const take = (): readonly Waiting<Call, Result>[] => {
    const taken: Waiting<Call, Result>[] = [];
    const passed = new Set(busy);
    let [keys, bytes] = [0, 0];
    for (const one of waiting) {
      const { call } = one;
      const isFree = !isOrdered || !call.keys.some((key) => passed.has(key));
      if (isOrdered) for (const key of call.keys) passed.add(key);
      if (!isFree) continue;
      keys += call.keys.length;
      bytes += call.bytes;
      if (taken.length > 0 && (keys > MOST_KEYS || bytes > MOST_BYTES)) break;
      taken.push(one);
      waiting.delete(one);
    }
    return taken;
  };
  const run = async (taken: readonly Waiting<Call, Result>[]) => {
    const calls = taken.map(({ call }) => call);
    const keys = isOrdered ? calls.flatMap((call) => call.keys) : [];
    for (const key of keys) busy.add(key);
    underWay++;
    const ended = new AbortController();
    let left = taken.length;
    for (const one of taken)
      one.leave = () => {
        if (--left === 0) ended.abort();
      };
    const results = await send(calls, { signal: ended.signal }).catch((error: Error) => error);
    underWay--;
    for (const key of keys) busy.delete(key);
    for (const [nth, one] of taken.entries())
      one.settle(results instanceof Error ? results : (results[nth] as Result | Error));
    wake();
  };
  const wake = () => {
    if (isAwake || waiting.size === 0 || underWay >= AT_ONCE) return;
    isAwake = true;
    setImmediate(() => {
      isAwake = false;
      while (underWay < AT_ONCE) {
        const taken = take();
        if (taken.length === 0) return;
        void run(taken);
      }
    });
  };

  return (call, { signal } = {}) =>
    new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const abort = () => {
        one.leave();
        reject(signal?.reason);
      };
      const one: Waiting<Call, Result> = {
        call,
        leave: () => void waiting.delete(one),
        settle(result) {
          signal?.removeEventListener("abort", abort);
          if (result instanceof Error) reject(result);
          else resolve(result);
        },
      };
      signal?.addEventListener("abort", abort, { once: true });
      waiting.add(one);
      wake();
    });
}
