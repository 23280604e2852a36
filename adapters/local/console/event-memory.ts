import { toLine } from "../../core/dispatch/outcome.ts";
import { eventKey } from "../../core/event/ids.ts";
import { isObject } from "../../core/event/json.ts";
import { compact, HALF, WIDTH } from "../../core/ledger/entry.ts";
import { createRecent } from "../../core/ledger/recent.ts";
import type { Happening } from "./api-types.ts";

type Attributes = Pick<Happening, "event" | "type" | "subject" | "correlation" | "causation">;

/** Attributes as members of a JSON object, each behind a comma: they are written several times, and read never. */
type Members = string;

/** Which event an entry, or a document, is about. */
export interface EventMemory {
  /** in: text: of an entry that is new. out: its attributes, none of what is no structured event in JSON; who says it */
  learn(entry: number, text: string): { readonly members: Members; readonly source?: unknown };
  /** out: attributes of an entry, which is read again where it was learned long ago, or by another process */
  of(entry: number, body: Uint8Array): Members;
  /** out: attributes of the event that was handled last in a document, as far as they are known. in: value: JSON */
  savedBy(key: string, value: string): Members;
}

/** Of events that are on their way at once; what is forgotten is read again. */
const HALF_KNOWN = 1_000;
const MOST_CHARACTERS = 200;
const NONE: Members = "";

export function createEventMemory(): EventMemory {
  const byEntry = createRecent<Members>(HALF_KNOWN);
  /** As ledgers name it. */
  const byKey = createRecent<Known>(HALF_KNOWN);
  const byDocument = createRecent<Members>(HALF_KNOWN);

  const learn: EventMemory["learn"] = (entry, text) => {
    const event = parse(text);
    if (typeof event?.specversion !== "string") {
      byEntry.set(String(entry), NONE);
      return { members: NONE };
    }
    const attributes = toAttributes(event);
    const members = toMembers(attributes);
    byEntry.set(String(entry), members);
    const { source, id } = event;
    if (typeof source === "string" && typeof id === "string")
      byKey.set(compact(eventKey({ source, id })), { members, attributes });
    return { members, source };
  };
  return {
    learn,
    of: (entry, { buffer, byteOffset, byteLength }) =>
      byEntry.get(String(entry)) ?? learn(entry, Buffer.from(buffer, byteOffset, byteLength).toString()).members,
    savedBy(key, value) {
      const of = lastIn(value);
      const known = of === undefined ? undefined : (byKey.get(of) ?? saidIn(value, of));
      if (!known) return byDocument.get(key) ?? NONE;
      const { subject, correlation } = known.attributes;
      byDocument.set(key, toMembers({ subject, correlation } as Attributes));
      return known.members;
    },
  };
}

interface Known {
  readonly members: Members;
  readonly attributes: Attributes;
}

/** in: text: of an event, structured in JSON. out: as logs say it; nothing of what is none */
export function attributesOf(text: string): Partial<Attributes> {
  const event = parse(text);
  return event ? toAttributes(event) : {};
}

type Json = Readonly<Record<string, unknown>>;

function parse(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && !Array.isArray(value) ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

const toMembers = (attributes: Attributes): Members => {
  const text = JSON.stringify(attributes);
  return text === "{}" ? NONE : `,${text.slice(1, -1)}`;
};

function toAttributes({ id, type, subject, correlationid, causationid }: Json): Attributes {
  return {
    event: toShort(id),
    type: toShort(type),
    subject: toShort(subject),
    correlation: toShort(correlationid),
    causation: toShort(causationid),
  } as Attributes;
}

/** As logs say it, so that both can be found by one text. */
function toShort(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  return PLAIN.test(value) ? value : toLine(value, MOST_CHARACTERS);
}
const PLAIN = /^[\w.:/+-]{1,200}$/;

const INBOX = /"inbox":"([\w+-]*)"/;

/** out: the key of the event that was handled last, as a ledger shortens it */
function lastIn(value: string): string | undefined {
  const inbox = INBOX.exec(value)?.[1] ?? "";
  return inbox.length < WIDTH ? undefined : inbox.slice(-WIDTH).slice(0, HALF);
}

/** An event that came by no topic is known by what followed. */
function saidIn(value: string, key: string): Known | undefined {
  const outbox = parse(value)?.outbox as Record<string, { readonly said?: readonly { readonly body?: string }[] }>;
  const said = parse(outbox?.[key]?.said?.[0]?.body ?? "");
  if (!said) return undefined;
  const { subject, correlation, causation } = toAttributes(said);
  const attributes = { event: causation, subject, correlation } as Attributes;
  return { attributes, members: toMembers(attributes) };
}
