import type { Outcome } from "./outcome.ts";

/** What work has come to. */
export interface Ended {
  readonly outcome: Outcome;
  /** It comes again, so that what waits behind it has to as well: it is told so when its turn comes. */
  readonly comesAgain: boolean;
}

interface Work {
  /** in: whether an earlier one of its lane comes again */
  readonly begin: (isAfterRetry: boolean) => Promise<Ended>;
  readonly finish: (outcome: Outcome) => void;
  /** Left out: it waits for nobody but for room. */
  readonly lane: string | undefined;
  isAfterRetry: boolean;
}

/** Lets work begin: of one lane one after the other, and each lane has its turn before any has its second. */
export interface Lanes {
  /** in: work that never rejects. out: what it has come to */
  run(lane: string | undefined, begin: Work["begin"]): Promise<Outcome>;
  /** Begins nothing more. Resolves when what is at work has come to its end. */
  close(): Promise<void>;
}

const CLOSED: Outcome = { kind: "retry", code: "leased", reason: "the process ends" };

/** in  atOnce: how much may be at work */
export function createLanes({ atOnce }: { readonly atOnce: () => number }): Lanes {
  /** What waits, behind what is at work or ready. */
  const behind = new Map<string, Work[]>();
  let ready: Work[] = [];
  const atWork = new Set<Promise<void>>();
  let isClosed = false;

  const pump = () => {
    while (ready.length > 0 && atWork.size < atOnce()) {
      const work = run(ready.shift() as Work).then(() => {
        atWork.delete(work);
        pump();
      });
      atWork.add(work);
    }
  };
  const run = async ({ begin, finish, lane, isAfterRetry }: Work) => {
    const { outcome, comesAgain } = await begin(isAfterRetry);
    finish(outcome);
    const waiting = lane === undefined ? undefined : behind.get(lane);
    if (comesAgain) for (const each of waiting ?? []) each.isAfterRetry = true;
    const next = waiting?.shift();
    if (next) ready.push(next);
    else if (lane !== undefined) behind.delete(lane);
  };

  return {
    run: (lane, begin) =>
      new Promise((finish) => {
        const work = { begin, finish, lane, isAfterRetry: false };
        const waiting = lane === undefined ? undefined : behind.get(lane);
        if (isClosed) return finish(CLOSED);
        if (waiting) return void waiting.push(work);
        if (lane !== undefined) behind.set(lane, []);
        ready.push(work);
        pump();
      }),
    async close() {
      isClosed = true;
      for (const { finish } of [...ready, ...[...behind.values()].flat()]) finish(CLOSED);
      ready = [];
      for (const waiting of behind.values()) waiting.length = 0;
      await Promise.all(atWork);
    },
  };
}
