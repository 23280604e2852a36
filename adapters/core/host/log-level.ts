import type { Outcome } from "../dispatch/outcome.ts";
import type { Observation } from "../dispatch/ports.ts";
import { derivedId } from "../event/ids.ts";

const MOST_TYPES = 1_000;

/**
 * How loud each event is said: a warning for what is not done, and one for each type that is in no catalogue, however many
 * events it has and however often they come. Of more types than can be remembered, the rest are only counted.
 */
export function createLevels(): (observation: Observation) => "info" | "warn" {
  // Not the types themselves: whoever sends decides over their length.
  const warned = new Set<string>();
  return ({ event, outcome }) => {
    const level = outcome.kind === "ack" ? "info" : "warn";
    if (event?.type === undefined || !isUnknown(outcome)) return level;
    if (warned.size >= MOST_TYPES) return "info";
    const before = warned.size;
    return warned.add(derivedId(event.type)).size > before ? "warn" : "info";
  };
}

const isUnknown = (outcome: Outcome): boolean =>
  (outcome.kind === "ack" && outcome.how === "unknown") || (outcome.kind === "retry" && outcome.code === "unknown");
