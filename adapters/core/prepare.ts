import type { Clause, FunctionDefinition } from "../../functions/kernel/define.ts";
import type { Checked, CloudEvent } from "../../functions/kernel/event.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { digestOf } from "./digest.ts";
import { documentKey, eventKey } from "./ids.ts";

export const RETENTION_MS = 30 * 24 * 60 * 60 * 1_000;

/** One event that a function consumes, checked, with the keys under which the ledger knows it. */
export interface Work {
  readonly clause: Clause<unknown>;
  readonly event: Checked<unknown>;
  readonly eventKey: string;
  readonly documentKey: string;
  readonly digest: string;
}

/**
 * out     undefined: the function does not consume it
 * throws  Dead `too-old`, `schema`, `subject`
 */
export function prepare(fn: FunctionDefinition, event: CloudEvent, now: number): Work | undefined {
  const clause = fn.on.get(event.type);
  if (!clause) return undefined;
  // The ledger has forgotten what it knew of such an event: an old stream read again must repeat nothing.
  if (event.time !== undefined && Date.parse(event.time) < now - RETENTION_MS)
    throw new Dead("too-old", `time: must be within ${RETENTION_MS / 86_400_000} days, got ${event.time}`);
  const data = clause.event.parse(event.data);
  const subject = clause.event.subjectOf(data);
  if (event.subject !== undefined && event.subject !== subject)
    throw new Dead("subject", "subject: must be what the data says it is about");
  const key = eventKey(event);
  return {
    clause,
    event: { ...event, data, time: event.time ?? new Date(now).toISOString() },
    eventKey: key,
    documentKey: documentKey(fn, fn.keeps === "state" ? subject : key),
    digest: digestOf(event.type, subject, event.data),
  };
}
