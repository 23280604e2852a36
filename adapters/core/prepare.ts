import type { Clause, FunctionDefinition } from "../../functions/kernel/define.ts";
import type { Checked, CloudEvent } from "../../functions/kernel/event.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { digestOfEvent } from "./digest.ts";
import { compact } from "./entry.ts";
import { eventDocumentKey, eventKey, subjectDocumentKey } from "./ids.ts";
import { toInstant } from "./timestamp.ts";

export const DAY_MS = 24 * 60 * 60 * 1_000;
/** An event older than this is dead. */
const RETENTION_MS = 30 * DAY_MS;
/** How far ahead the clock of who says it may be. */
const AHEAD_MS = DAY_MS;
/** What was handled is known longer than it may come again, also where its time was ahead: clocks differ, and a dispatch takes its time. */
export const KEPT_MS = RETENTION_MS + AHEAD_MS + DAY_MS;

/** One event that a function consumes, checked, with the keys under which the ledger knows it. */
export interface Work {
  readonly clause: Clause<unknown>;
  readonly event: Checked<unknown>;
  readonly eventKey: string;
  /** The same, as documents keep it. */
  readonly key: string;
  readonly documentKey: string;
  readonly digest: string;
}

/**
 * in      an event that the function consumes
 * throws  Dead `too-old`, `too-new`, `schema`, `subject`
 */
export function prepare(fn: FunctionDefinition, event: CloudEvent, now: number): Work {
  const clause = fn.on.get(event.type) as Clause<unknown>;
  const time = event.time === undefined ? now : toInstant(event.time);
  // The ledger has forgotten what it knew of such an event: an old stream read again must repeat nothing.
  if (time < now - RETENTION_MS)
    throw new Dead("too-old", `time: must be within ${RETENTION_MS / DAY_MS} days, got ${event.time}`);
  // It could come again when the ledger has forgotten it.
  if (time > now + AHEAD_MS)
    throw new Dead("too-new", `time: must be at most ${AHEAD_MS / DAY_MS} day ahead, got ${event.time}`);
  const data = clause.event.parse(event.data);
  const subject = clause.event.subjectOf(data);
  if (event.subject !== undefined && event.subject !== subject)
    throw new Dead("subject", "subject: must be what the data says it is about");
  const key = eventKey(event);
  return {
    clause,
    event: { ...event, subject, data, time: event.time ?? new Date(now).toISOString() },
    eventKey: key,
    key: compact(key),
    documentKey: fn.keeps === "state" ? subjectDocumentKey(fn, subject) : eventDocumentKey(fn, key),
    digest: digestOfEvent(subject, event),
  };
}
