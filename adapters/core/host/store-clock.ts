import { CLOCK_SKEW_MS } from "../dispatch/ports.ts";

/** What an answer of a store says of time. */
interface Dated {
  /** Its `Date`, as it came. */
  readonly date: string | undefined;
  /** The store has refused the call for our time. */
  readonly isRefused?: boolean;
}

export interface Clock {
  /** ms since the epoch. */
  readonly now: () => number;
  /** A call of the store begins. out: to be told of its answer. Left out: nobody wants to know. */
  readonly asked?: () => (answer: Dated) => void;
}

interface StoreClockOptions {
  /** This host's clock, in ms since the epoch. */
  readonly now?: () => number;
  /** Where the correction is another from now on. */
  readonly warn: (message: string) => void;
}

/** What a `Date` leaves open: it has whole seconds. */
const OPEN_MS = 1_000;

/**
 * This host's clock, by the store's where the two differ by more than clocks may. Each answer bounds the difference: its `Date` was
 * written between the begin of its call and its end, so that a slow call says less, and never that a right clock is wrong. One odd
 * answer corrects nothing, for it may be anybody's: the next has to have a later `Date` and to agree, which a cached one never does.
 * What the store refuses for our time is word enough at once: nothing else would get through.
 */
export function createStoreClock({ now = Date.now, warn }: StoreClockOptions): Clock {
  let offset = 0;
  let odd: { readonly at: number; readonly least: number; readonly most: number } | undefined;
  return {
    now: () => now() + offset,
    asked() {
      const sent = now();
      return ({ date = "", isRefused }) => {
        const at = Date.parse(date);
        // Whatever else can be read as a time is no `Date`. source: RFC 9110, section 5.6.7
        if (new Date(at).toUTCString() !== date) return;
        let [least, most] = [at - now(), at + OPEN_MS - sent];
        const fits = (ms: number) => !(ms < least - CLOCK_SKEW_MS || ms > most + CLOCK_SKEW_MS);
        const before = odd;
        odd = undefined;
        if (fits(offset)) return;
        const agrees = before && before.at < at && least <= before.most && before.least <= most;
        if (!agrees && !isRefused) {
          odd = { at, least, most };
          return;
        }
        if (agrees) [least, most] = [Math.max(least, before.least), Math.min(most, before.most)];
        offset = fits(0) ? 0 : Math.round((least + most) / 2);
        warn(`clock: corrected by ${Math.round(offset / 1_000)} s, to that of the store`);
      };
    },
  };
}
