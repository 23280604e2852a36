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
  kill: "Its process ends by SIGKILL, and comes back by itself. Its events wait, then go on; nothing is done twice.",
  stop: "It stays away until it is started. Its events wait, and go on then.",
  broker: "Nobody can publish. An edge still answers or refuses, and what was answered is said once it is back.",
  store: "No service can load or save. Events come again until it is back, and none is lost.",
  fail: "So many deliveries are answered 500 before they reach it. Each comes again, and is handled then.",
  again: "The function has had it: it says duplicate, and no effect happens twice.",
  late: "The same, ten seconds later.",
  twice: "Two at the same time: one of them handles it, and there is one effect.",
  clock: "It starts again with its clock so much ahead. What is due by then comes at once.",
} as const;
