import { appendFileSync } from "node:fs";
import type { Environment } from "../core/host/deployed.ts";

interface Attempt {
  readonly key: string;
  readonly eventId: string;
}

/** What each dummy does beside its answer: nothing, or one JSON line per attempt in the file that EFFECTS_LOG names, of a function that EFFECTS_BY names. */
export function attempts({ EFFECTS_LOG: log, EFFECTS_BY: by }: Environment, kind: string): (attempt: Attempt) => void {
  if (log === undefined || log === "") return () => {};
  return ({ key, eventId }) => appendFileSync(log, `${JSON.stringify({ kind, key, event: eventId, by })}\n`);
}
