import type { Clock } from "../../../adapters/core/host/store-clock.ts";

/** What a `Date` leaves open: it has whole seconds. */
const OPEN_MS = 1_000;

/** Hears what time it is where letters lie: this host's clock may be wrong. */
export interface AnsweredClock extends Clock {
  /** The latest that it was at the last answer, in ms since the epoch; of answers without a `Date`, by this host's clock. */
  latest(): number;
}

export function createAnsweredClock(): AnsweredClock {
  let last: number | undefined;
  return {
    now: Date.now,
    asked:
      () =>
      ({ date = "" }) => {
        const at = Date.parse(date);
        if (!Number.isNaN(at)) last = at + OPEN_MS;
      },
    latest: () => last ?? Date.now(),
  };
}
