import type { Happening } from "../../api-types.ts";

/** What became of one attempt, or of an event at a function in the end. */
export type Fate =
  | "waiting"
  | "at work"
  | "handled"
  | "comes again"
  | "parked"
  | "dead"
  | "duplicate"
  | "ignored"
  | "expired"
  | "dropped"
  | "answered"
  | "heard by nobody";

/** Where letters lie: they are no event that anybody consumes. */
export const DEAD_LETTERS = "dead-letters";

const OPEN: readonly Fate[] = ["waiting", "at work", "comes again", "parked"];

/** Whether more of it is to come without anybody doing anything. */
export const isOpen = (fate: Fate): boolean => OPEN.includes(fate);

/** in: what the function told of it, and what it answered, as far as either is known */
export function fateOf(told: Happening | undefined, answered: Happening | undefined): Fate {
  if (told?.outcome === "dead") return "dead";
  if (told?.outcome === "retry") return "comes again";
  if (told) return (HOWS as Readonly<Record<string, Fate>>)[told.how ?? ""] ?? "handled";
  if (!answered) return "at work";
  return (ANSWERS as Readonly<Record<string, Fate>>)[answered.outcome ?? ""] ?? "comes again";
}

const HOWS = { duplicate: "duplicate", ignored: "ignored", unknown: "ignored", parked: "parked" } as const;
/** Of success alone, all that is known is that it is over. */
const ANSWERS = {
  success: "answered",
  drop: "dropped",
  missing: "dropped",
  expired: "expired",
  illegible: "dead",
} as const;
