import { Dead } from "../../../functions/kernel/outcome.ts";
import { forgetOldest } from "../ledger/forget-oldest.ts";
import type { Outcome, Step } from "./outcome.ts";

/** Before an event is given up. */
const LEAST_ATTEMPTS = 3;

/** No transport leaves more between two attempts. */
const MOST_PAUSE_MS = 900_000;

/** What failing is an event's own, whoever else gets through. */
export const ITS_OWN: ReadonlySet<Step> = new Set(["handler", "timeout"]);

/**
 * Gives up what keeps failing for reasons of its own: what its handler fails on, and what a store or a broker refuses while
 * others get through. No outage ends an event, however long: while nothing gets through, nothing is counted. What is
 * remembered ends with the process: then the event gets its time again.
 */
export interface Patience {
  /**
   * in   now: ms since the epoch
   * out  Dead `exhausted` where its handler has had its time, and the last attempt did not end in time to say so
   */
  overdue(key: string, now: number): Dead | undefined;
  /** An attempt failed. out: Dead `exhausted` where it was one too many */
  failed(key: string, failure: Failure): Dead | undefined;
  /** An event came to its end, and what its function said got through with it. */
  done(key: string, end: Outcome): void;
}

interface Failure {
  readonly step: Step;
  readonly reason: string;
  /** ms since the epoch. */
  readonly at: number;
}

type Place = "ledger" | "publish";

interface Trouble {
  readonly attempts: number;
  /** Between attempts that failed, in ms. */
  readonly spentMs: number;
  readonly last: string;
  /** The last attempt failed in its handler. */
  readonly isOwn: boolean;
  /** The attempt before, in ms since the epoch. Left out: it did not count. */
  readonly at?: number | undefined;
  /** Where it failed, and how many events had got through there by then. */
  readonly place: Place;
  readonly through: number;
}

/** Waiting for others is nobody's failure, and what cannot be buried cannot be given up. */
const NO_FAILURE: ReadonlySet<Step> = new Set(["leased", "contention", "unknown", "newer", "behind", "dead-letter"]);

/** in  ms: how long an event may spend failing. out: Dead `exhausted` for one that has had its time */
export const judge = (
  { attempts, spentMs, last }: Pick<Trouble, "attempts" | "spentMs" | "last">,
  ms: number,
): Dead | undefined =>
  attempts < LEAST_ATTEMPTS || spentMs < ms
    ? undefined
    : new Dead("exhausted", `failed ${attempts} times in ${Math.round(spentMs / 1_000)} s, last: ${last}`);

/**
 * A pause of the transport's own is no failing: no more of it counts than leaves the least of attempts.
 *
 * in  ms: how long an event may spend failing
 */
export const countedMs = (gapMs: number, ms: number): number => Math.min(gapMs, ms / (LEAST_ATTEMPTS - 1));

/** in  ms: how long an event may spend failing */
export function createPatience({ ms }: { readonly ms: number }): Patience {
  const troubles = new Map<string, Trouble>();
  const through = { ledger: 0, publish: 0 };

  return {
    overdue(key, now) {
      const trouble = troubles.get(key);
      const { isOwn = false, at = now } = trouble ?? {};
      // Long after: another process has ended it since, and its letter was published again.
      return trouble && isOwn && now - at < MOST_PAUSE_MS ? judge(trouble, ms) : undefined;
    },
    failed(key, { step, reason, at }) {
      if (NO_FAILURE.has(step)) return undefined;
      const place: Place = step === "publish" ? "publish" : "ledger";
      const others = through[place];
      const before: Trouble = troubles.get(key) ?? {
        attempts: 0,
        spentMs: 0,
        last: "",
        isOwn: false,
        place,
        through: others,
      };
      const isOwn = ITS_OWN.has(step);
      const counts = isOwn || (before.place === place && others > before.through);
      const gapMs = before.at === undefined ? 0 : countedMs(at - before.at, ms);
      const trouble: Trouble = counts
        ? {
            attempts: before.attempts + 1,
            spentMs: before.spentMs + gapMs,
            last: `${step}: ${reason}`,
            isOwn,
            at,
            place,
            through: others,
          }
        : { ...before, isOwn, at: undefined, place, through: others };
      troubles.delete(key);
      troubles.set(key, trouble);
      // Of more, the oldest start anew.
      forgetOldest(troubles);
      return counts ? judge(trouble, ms) : undefined;
    },
    done(key, end) {
      troubles.delete(key);
      const said = end.kind === "ack" && end.how === "handled" ? end.said : undefined;
      if (said) through.ledger++;
      if (said?.length) through.publish++;
    },
  };
}
