import type { Clause, FunctionDefinition, Reaction } from "../../../functions/kernel/define.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { eventKey } from "../event/ids.ts";
import { compact } from "../ledger/entry.ts";
import { forgetOldest } from "../ledger/forget-oldest.ts";
import type { Document, Ledger } from "../ledger/ledger.ts";
import { DAY_MS } from "../ledger/retention.ts";
import { alone, WAIT_SHARE } from "./alone.ts";
import { DeadlineError, withDeadline } from "./deadline.ts";
import { during, StepError } from "./outcome.ts";
import { CLOCK_SKEW_MS } from "./ports.ts";

/** Without an end: whoever handles it dies of it. */
const MOST_STARTS = 3;
/** After a process was found to be gone. */
const CAREFUL_MS = 600_000;
const ASK_EVERY_MS = 60_000;
/** What could not be written down is written down then. */
const AGAIN_MS = 1_000;
/** A letter that is published again later than that is for another try: what it fails on may be mended. */
const JUDGED_MS = 60_000;
/**
 * Of the deadline: what all that comes before a handler may take, how much of it to wait for its turn, and what comes after. Together less
 * than half, so that a slow store is not taken for a slow handler, and none begins when its time is over.
 */
const BEFORE_SHARE = 0.3;
const AFTER_SHARE = 0.15;

interface CarefulOptions {
  readonly ledger: Ledger;
  /**
   * out     when a process of this function was last found to be gone without a word, in ms since the epoch
   * throws  when that cannot be told: the event comes again
   */
  readonly lapsedAt: () => Promise<number | undefined>;
  readonly now: () => number;
  /** For one handler. */
  readonly deadlineMs: number;
  /** Is told until when handlers run one at a time, in ms since the epoch: whoever begins more only lets them wait. */
  readonly onCareful?: (until: number) => void;
}

/** What is written before a handler begins. */
interface Start extends Document {
  readonly v: 1;
  /** That have come to no end. */
  readonly starts: number;
  /** When the last began, in ms since the epoch. */
  readonly at?: number;
  /** When it was found to be dead, if it was. */
  readonly judged?: number;
}

const NEVER = Number.NEGATIVE_INFINITY;

interface Turn {
  readonly key: string;
  readonly work: () => Promise<Reaction<unknown>>;
  /** It begins no later than this, in ms of `performance.now()`. */
  readonly end: number;
}

/** throws: StepError `ledger` when its time is over; whatever the work throws */
const within = (ms: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> =>
  withDeadline(work, { ms: Math.max(ms, 0) }).catch((error: unknown) => {
    throw error instanceof DeadlineError ? new StepError("ledger", error) : error;
  });

/**
 * The same function, which ends an event that kills whoever handles it. For ten minutes after a process was found to be gone, its
 * handlers run one at a time, and each start is written down before and taken back after: three of an event without an end are dead
 * `crash`. One at a time, since a death would be blamed on all that were at work.
 */
export function carefully(fn: FunctionDefinition, options: CarefulOptions): FunctionDefinition {
  const { ledger, lapsedAt, now, deadlineMs, onCareful } = options;
  let until = NEVER;
  let asked = NEVER;
  let asking: Promise<void> | undefined;
  const ask = (): Promise<void> => {
    asking ??= during("ledger", lapsedAt)
      .then((at = NEVER) => {
        until = at + CAREFUL_MS;
        onCareful?.(until);
        asked = now();
      })
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };

  /** Came to their end, or never began, and nobody could write that down. */
  const ended = new Set<string>();
  const write = (key: string, entry: Start) => during("ledger", () => ledger.put([{ key, entry, ttlMs: DAY_MS }]));
  const takeBack = (key: string) => write(key, { v: 1, starts: 0 });
  const takeBackEnded = async () => {
    for (const key of ended) {
      await takeBack(key);
      ended.delete(key);
    }
  };
  let isWaiting = false;
  /** Others would count it meanwhile. */
  const takeBackSoon = (key: string) => {
    ended.add(key);
    forgetOldest(ended);
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      takeBackEnded().catch(() => takeBackSoon(key));
    }, AGAIN_MS).unref();
  };
  /** out: how many have come to no end. throws: Dead `crash`; StepError where it may be at work elsewhere */
  const startsOf = async (key: string): Promise<number> => {
    const { entry } = await during("ledger", () => ledger.load(key));
    const { starts = 0, at = NEVER, judged } = (entry ?? {}) as Partial<Start>;
    if (starts < MOST_STARTS) return starts;
    if (judged !== undefined && now() - judged > JUDGED_MS) return MOST_STARTS - 1;
    if (now() - at < deadlineMs + CLOCK_SKEW_MS)
      throw new StepError("contention", "began several times, and may not have come to its end yet");
    if (judged === undefined) await write(key, { v: 1, starts, judged: now() });
    throw new Dead("crash", `began ${starts} times and never came to an end`);
  };
  const writeStart = async (key: string, signal: AbortSignal) => {
    await takeBackEnded();
    const starts = await startsOf(key);
    signal.throwIfAborted();
    try {
      await write(key, { v: 1, starts: starts + 1, at: now() });
      signal.throwIfAborted();
    } catch (error) {
      // It may be written all the same.
      takeBackSoon(key);
      throw error;
    }
  };
  const run = async ({ key, work, end }: Turn) => {
    await within(end - performance.now(), (signal) => writeStart(key, signal));
    try {
      return await withDeadline(work, { ms: deadlineMs });
    } finally {
      // What it did stands, also where it cannot be written down now that it has ended.
      await within(deadlineMs * AFTER_SHARE, () => takeBack(key)).catch(() => takeBackSoon(key));
    }
  };
  const inTurn = (turn: Turn): Promise<Reaction<unknown>> =>
    new Promise((resolve, reject) => {
      const begin = async (isTurn: boolean) => {
        try {
          if (!isTurn) throw new StepError("contention", "one at a time, since a process was killed");
          resolve(await run(turn));
        } catch (error) {
          reject(error);
        }
      };
      void alone(begin, { ledger, documentKey: `${fn.documents}-start`, waitMs: deadlineMs * WAIT_SHARE });
    });

  const watched = ({ react, ...clause }: Clause<unknown>): Clause<unknown> => ({
    ...clause,
    async react(input, state) {
      const end = performance.now() + deadlineMs * BEFORE_SHARE;
      if (now() - asked > ASK_EVERY_MS) await within(end - performance.now(), ask);
      const work = async () => react(input, state);
      if (now() >= until) return work();
      return inTurn({ key: `${fn.documents}-start-${compact(eventKey(input))}`, work, end });
    },
  });
  return { ...fn, on: new Map([...fn.on].map(([type, clause]) => [type, watched(clause)])) };
}
