import { Exact, parseJson } from "../masked.ts";

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Exact);

/** Characters that an event takes in an inbox. */
const WIDTH = 45;

/**
 * What a function keeps, as somebody reads it: its state, and what of its bookkeeping tells something. Of what is kept as bytes of an
 * event only its type: so nothing of a person is anywhere but below `state`.
 *
 * in   a document as a store has it
 * out  undefined for what is no document: a row beside one, or what somebody else keeps
 */
export function toLegible(text: string): Fields | undefined {
  const fields = parseJson(text)?.value;
  if (!isFields(fields) || typeof fields.inbox !== "string" || isFields(fields.parked)) return undefined;
  const { state, exact, inbox, outbox, lease, behind, spilled } = fields;
  const kept = typeof exact === "string" ? parseJson(exact)?.value : state;
  const said = isFields(outbox) ? Object.values(outbox).flatMap(toSaid) : [];
  return {
    ...(kept === undefined ? {} : { state: kept }),
    handled: toEvents(inbox.length / WIDTH, spilled === true),
    ...(said.length > 0 && { says: said }),
    ...(isFields(lease) && { lease: { until: toIso(lease.until) } }),
    ...(Array.isArray(behind) && behind.length > 0 && { behind: `${behind.length} parked` }),
  };
}

const toEvents = (count: number, isSpilled: boolean): string =>
  `${Math.round(count)} ${count === 1 ? "event" : "events"}${isSpilled ? ", and older ones" : ""}`;

/** Of an outbox: what was said, and when it is to be said where that is later. */
function toSaid(outgoing: unknown): readonly Fields[] {
  if (!isFields(outgoing) || !Array.isArray(outgoing.said)) return [];
  return outgoing.said.filter(isFields).map(({ topic, body }) => {
    const event = typeof body === "string" ? parseJson(body)?.value : undefined;
    return {
      ...(isFields(event) && typeof event.type === "string" && { type: event.type }),
      // On no topic: its function says it to itself.
      ...(topic ? { topic } : {}),
      ...(outgoing.due === undefined ? {} : { due: toIso(outgoing.due) }),
    };
  });
}

const toIso = (ms: unknown): unknown => (typeof ms === "number" ? new Date(ms).toISOString() : ms);
