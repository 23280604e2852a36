import type { Clause, FunctionDefinition, Reaction } from "../../functions/kernel/define.ts";
import type { CloudEvent } from "../../functions/kernel/event.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { alone } from "./alone.ts";
import { withDeadline } from "./deadline.ts";
import { compact } from "./entry.ts";
import { eventKey } from "./ids.ts";
import type { Document, Ledger } from "./ledger.ts";
import { during, StepError } from "./outcome.ts";
import { DAY_MS } from "./retention.ts";

/** Without an end: whoever handles it dies of it. */
const MOST_STARTS = 3;
/** After a process was found to be gone. */
const CAREFUL_MS = 600_000;
const ASK_EVERY_MS = 60_000;
/** Of the deadline: how long one waits for its turn. */
const WAIT_SHARE = 0.15;

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
}

/** What is written before a handler begins. */
interface Start extends Document {
  readonly v: 1;
  /** That have come to no end. */
  readonly starts: number;
}

/**
 * The same function, which ends an event that kills whoever handles it. For ten minutes after a process was found to be gone, its
 * handlers run one at a time, and each start is written down before and taken back after: three of an event without an end are dead
 * `crash`. One at a time, since a death would be blamed on all that were at work.
 */
export function carefully(fn: FunctionDefinition, options: CarefulOptions): FunctionDefinition {
  const { ledger, lapsedAt, now, deadlineMs } = options;
  let until = Number.NEGATIVE_INFINITY;
  let asked = Number.NEGATIVE_INFINITY;
  let asking: Promise<void> | undefined;
  const ask = (): Promise<void> => {
    asking ??= during("ledger", lapsedAt)
      .then((at = Number.NEGATIVE_INFINITY) => {
        until = at + CAREFUL_MS;
        asked = now();
      })
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };

  const write = (key: string, starts: number) =>
    during("ledger", () => ledger.put([{ key, entry: { v: 1, starts } satisfies Start, ttlMs: DAY_MS }]));
  const run = async (key: string, work: () => Promise<Reaction<unknown>>) => {
    const { entry } = await during("ledger", () => ledger.load(key));
    const { starts = 0 } = (entry ?? {}) as Partial<Start>;
    if (starts >= MOST_STARTS) throw new Dead("crash", `began ${starts} times and never came to an end`);
    await write(key, starts + 1);
    try {
      return await withDeadline(work, { ms: deadlineMs });
    } finally {
      await write(key, 0);
    }
  };
  const inTurn = (event: CloudEvent, work: () => Promise<Reaction<unknown>>): Promise<Reaction<unknown>> =>
    new Promise((resolve, reject) => {
      const begin = async (isTurn: boolean) => {
        try {
          if (!isTurn) throw new StepError("contention", new Error("one at a time, since a process was killed"));
          resolve(await run(`${fn.name}-start-${compact(eventKey(event))}`, work));
        } catch (error) {
          reject(error);
        }
      };
      void alone(begin, { ledger, documentKey: `${fn.name}-start`, waitMs: deadlineMs * WAIT_SHARE });
    });

  const watched = ({ event, react }: Clause<unknown>): Clause<unknown> => ({
    event,
    async react(input, state) {
      if (now() - asked > ASK_EVERY_MS) await ask();
      return now() < until ? inTurn(input, () => react(input, state)) : react(input, state);
    },
  });
  return { ...fn, on: new Map([...fn.on].map(([type, clause]) => [type, watched(clause)])) };
}
