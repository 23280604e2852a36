import type { Fault } from "../api-types.ts";

/** What is written on the button that does it, and in the list of checks. */
export function labelOf(fault: Fault): string {
  if (fault.do === "fail") return fault.times === 1 ? "fail once" : `fail ${fault.times} times`;
  if (fault.do !== "again") return `${fault.do} ${fault.what}`;
  if (fault.times === 2) return "deliver twice at once";
  return fault.afterMs > 0 ? "deliver late" : "deliver again";
}

/** What it does, and what must happen then: beside its button. */
export const MUST = {
  kill: "It ends by SIGKILL, and comes back by itself. What waits for it ends, and no effect is tried under a second key.",
  stop: "It stays away until it is started. What comes for it waits in the broker, and ends then.",
  broker: "Nothing is published or delivered. What an edge has answered is said once it is back; all else it refuses.",
  store:
    "Nothing is saved. What comes fails and comes again until it is back: none is lost, none becomes a dead letter.",
  fail: "They are answered 500 before they reach it. What failed comes again, and ends.",
  again: "It comes once more: it is handled once in all, and each effect has one key.",
  late: "The same, ten seconds later.",
  twice: "It comes twice at once: it is handled once in all, and each effect has one key.",
  clock: "It starts again with its clock so much ahead. What is due by then comes.",
} as const;
