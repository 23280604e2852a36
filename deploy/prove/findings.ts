import type { Difference } from "./compare.ts";
import type { Remark } from "./watch.ts";

export type FindingName =
  | Remark["name"]
  | Difference["name"]
  | "clock"
  | "chance"
  | "environment"
  | "key-order"
  | "outside"
  | "key-reused"
  | "effect-then-throws"
  | "stuck"
  | "dies"
  | "isolation"
  | "version"
  | "version-differs"
  | "upcast"
  | "order-loses-effect"
  | "order"
  | "waits"
  | "grows"
  | "unproven";

/** What is wrong with a function, and how to see it. */
export interface Finding {
  readonly name: FindingName;
  /** `note`: it may be meant so. */
  readonly level: "fault" | "note";
  readonly line: string;
  /** What differs, or what was done. */
  readonly detail: string;
  /** The shortest history that shows it, a line for each thing that happens. */
  readonly history: readonly string[];
}

const NOTES: ReadonlySet<FindingName> = new Set(["version-differs", "order", "waits", "grows", "unproven"]);
export const levelOf = (name: FindingName): Finding["level"] => (NOTES.has(name) ? "note" : "fault");

/** What each finding means, in one line. */
export const MEANINGS: Readonly<Record<FindingName, string>> = {
  "no-key": "an effect is asked for without a key: a second run of its event repeats it",
  "asked-twice": "one handling asks twice for an effect under the same key: the second is none, or a repetition",
  "not-awaited": "the handler does not wait for an effect: the event is done whether it is or not",
  "mutates-event": "the handler changes the event that it is given",
  "mutates-state": "the handler changes the state that it is given: it is the one to return a new one",
  "state-forgets": "the state holds what JSON does not: it comes back from the store as something else",
  "said-forgets": "what is said holds what JSON does not: its consumers get something else",
  swallowed: "an effect failed, and its event is taken for handled: it never comes again",
  "effect-lost": "an effect is never done, though its event came again",
  "effect-repeated": "an effect is done again, or under another key, when its event comes again",
  "says-otherwise": "what is said depends on what went wrong on the way",
  "keeps-otherwise": "what is kept depends on what went wrong on the way",
  "ends-otherwise": "how an event ends depends on what went wrong on the way",
  clock: "what it does depends on the clock: a second run of its event does something else",
  chance: "what it does depends on chance: a second run of its event does something else",
  environment: "what it does depends on the environment of its process",
  "key-order": "what it does depends on the order of the keys of an object, which stores and sidecars change",
  outside: "it remembers what is not in its state: another process, or this one later, does something else",
  "key-reused": "one key of an effect stands for two different requests: the second is taken for the first",
  "effect-then-throws": "the handler throws after an effect is done: it is done for an event that is not",
  stuck: "an event is never handled, though all others have been",
  dies: "a valid event is dead, whatever came before it",
  isolation: "what happens to one subject depends on another",
  version: "beside another build, effects are lost or repeated, or events end otherwise",
  "version-differs": "beside another build, something else is asked for, said or kept",
  upcast: "an event of an older version is handled otherwise than the same of the new one",
  "order-loses-effect": "in another order of the same events, all of them handled, an effect is never done",
  order: "what is said or kept depends on the order in which events come",
  waits: "an event is not handled until another has come: it is given up when that takes too long",
  grows: "the state grows with each event of its subject, without end",
  unproven: "not looked at",
};
