import type { Clause, FunctionDefinition } from "../../../functions/kernel/define.ts";
import type { Checked, CloudEvent } from "../../../functions/kernel/event.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { digestOfEvent } from "../event/digest.ts";
import { eventDocumentKey, eventKey, subjectDocumentKey } from "../event/ids.ts";
import { toInstant } from "../event/timestamp.ts";
import { compact } from "../ledger/entry.ts";
import { AHEAD_MS, DAY_MS, RETENTION } from "../ledger/retention.ts";
import type { Ports } from "./ports.ts";

/** One event that a function consumes, checked, with the keys under which the ledger knows it. */
export interface Work {
  readonly clause: Clause<unknown>;
  readonly event: Checked<unknown>;
  readonly eventKey: string;
  /** The same, as documents keep it. */
  readonly key: string;
  readonly documentKey: string;
  /** It cannot be told what its document is: until it can, it has one to itself. throws: what keeps it from being told */
  readonly fault?: (() => never) | undefined;
  readonly digest: string;
}

/**
 * in      an event that the function consumes
 * throws  Dead `too-old`, `too-new`, `schema`, `subject`
 */
export function prepare(
  fn: FunctionDefinition,
  event: CloudEvent,
  { now, retention: { eventMs } = RETENTION }: Pick<Ports, "now" | "retention">,
): Work {
  const at = now();
  const clause = fn.on.get(event.type) as Clause<unknown>;
  const time = event.time === undefined ? at : toInstant(event.time);
  // The ledger has forgotten what it knew of such an event: an old stream read again must repeat nothing.
  if (time < at - eventMs)
    throw new Dead("too-old", `time: must be within ${eventMs / DAY_MS} days, got ${event.time}`);
  // It could come again when the ledger has forgotten it.
  if (time > at + AHEAD_MS)
    throw new Dead("too-new", `time: must be at most ${AHEAD_MS / DAY_MS} day ahead, got ${event.time}`);
  const data = clause.event.parse(event.data);
  const subject = clause.event.subjectOf(data);
  if (event.subject !== undefined && event.subject !== subject)
    throw new Dead("subject", "subject: must be what the data says it is about");
  const key = eventKey(event);
  const checked = { ...event, subject, data, time: event.time ?? new Date(at).toISOString() };
  let documentKey = eventDocumentKey(fn, key);
  let fault: Work["fault"];
  if (fn.keeps === "state")
    try {
      documentKey = subjectDocumentKey(fn, clause.key?.(checked) ?? subject);
    } catch (error) {
      fault = () => {
        throw error;
      };
    }
  return {
    clause,
    event: checked,
    eventKey: key,
    key: compact(key),
    documentKey,
    fault,
    digest: digestOfEvent(subject, event),
  };
}
