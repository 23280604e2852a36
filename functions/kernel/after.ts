import type { EventDraft } from "./event.ts";

const UNITS_MS = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000 };

/** The ledger forgets an event two days later: what is said after that could be said twice. */
const MOST_MS = 30 * UNITS_MS.days;

/** Its parts add up. */
export type Delay = { readonly [Unit in keyof typeof UNITS_MS]?: number };

/**
 * Says an event later. One without a topic is a timer: it comes to the function that says it.
 *
 * in      how long after its cause
 * throws  TypeError for no delay, one of more than 30 days, and a part that is negative or no unit
 */
export function after<Data>(delay: Delay, draft: EventDraft<Data>): EventDraft<Data> {
  const parts = Object.entries(delay).map(([unit, amount]) => amount * UNITS_MS[unit as keyof Delay]);
  const afterMs = Math.round(parts.reduce((sum, part) => sum + part, 0));
  if (!(afterMs > 0 && afterMs <= MOST_MS) || parts.some((part) => part < 0))
    throw new TypeError(`${draft.type}: must be said within 30 days, and later than its cause`);
  return { ...draft, afterMs };
}
