import type { Happening } from "../../api-types.ts";
import type { Tone } from "../badge.tsx";
import { shortType } from "../short-type.ts";
import type { Attempt } from "./attempts.ts";
import type { Fate } from "./fate.ts";
import type { Lane } from "./waterfall.ts";

const TONES: Readonly<Record<Fate, Tone>> = {
  waiting: "dim",
  "at work": "plain",
  handled: "good",
  "comes again": "warn",
  parked: "warn",
  dead: "bad",
  duplicate: "dim",
  ignored: "dim",
  expired: "bad",
  dropped: "bad",
  answered: "plain",
  "heard by nobody": "dim",
};

export const toneOf = (fate: Fate): Tone => TONES[fate];

/** What became of it, as the terminal says it: `→ bill.paid`, `done`, `dead (schema: data.total: must be a number)`. */
export function resultOf({ fate, told, answered }: Pick<Attempt, "fate" | "told" | "answered">): string {
  if (fate === "handled") return toSaid(told);
  const why =
    [told?.code, told?.reason].filter(Boolean).join(": ") || (told ? "" : (WHYS[answered?.outcome ?? ""] ?? ""));
  return why && !QUIET.includes(fate) ? `${fate} (${why})` : fate;
}

const QUIET: readonly Fate[] = ["waiting", "at work", "duplicate", "ignored"];

const WHYS: Readonly<Record<string, string>> = {
  gone: "it could not be reached",
  drop: "it asked for that",
  missing: "it has no such route",
  illegible: "nobody can read it",
};

function toSaid(told: Happening | undefined): string {
  const said = told?.said ?? [];
  return said.length > 0 ? `→ ${said.map(shortType).join(", ")}` : "done";
}

/** Of all attempts: what counts of them, and how often it came for nothing. */
export function resultOfLane({ fate, attempts }: Pick<Lane, "fate" | "attempts">): string {
  const last = attempts.findLast((each) => each.fate === fate);
  const times = attempts.filter((each) => each.fate === "duplicate").length;
  const result = last ? resultOf(last) : fate;
  if (times === 0 || fate === "duplicate") return result;
  return `${result}, then ${times === 1 ? "a duplicate" : `${times} duplicates`}`;
}

/** Attempts that ended the same, one after the other. */
export interface Run {
  readonly attempts: readonly Attempt[];
  /** `attempt 2`, `attempts 3 to 9` */
  readonly name: string;
  readonly result: string;
}

export function toRuns(attempts: readonly Attempt[]): readonly Run[] {
  const runs: { attempts: Attempt[]; result: string }[] = [];
  for (const attempt of attempts) {
    const result = resultOf(attempt);
    const last = runs.at(-1);
    if (last?.result === result && attempt.fate !== "duplicate") last.attempts.push(attempt);
    else runs.push({ attempts: [attempt], result });
  }
  return runs.map(({ attempts: those, result }) => {
    const [first, last] = [those[0]?.number, those.at(-1)?.number];
    return { attempts: those, result, name: first === last ? `attempt ${first}` : `attempts ${first} to ${last}` };
  });
}
