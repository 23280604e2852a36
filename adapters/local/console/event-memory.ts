import { toLine } from "../../core/dispatch/outcome.ts";
import { eventKey } from "../../core/event/ids.ts";
import { isObject } from "../../core/event/json.ts";
import { compact, HALF, WIDTH } from "../../core/ledger/entry.ts";
import type { Happening } from "./api-types.ts";

type Attributes = Pick<Happening, "event" | "type" | "subject" | "correlation" | "causation">;

/** Which event an entry, or a document, is about. */
export interface EventMemory {
  /** in: text: of an entry that is new. out: its attributes, none of what is no structured event in JSON */
  learn(entry: number, text: string): Attributes;
  /** out: attributes of an entry, which is read again where it was learned long ago, or by another process */
  of(entry: number, body: Uint8Array): Attributes;
  /** out: attributes of the event that was handled last in a document, as far as they are known. in: value: JSON */
  savedBy(key: string, value: string): Attributes;
}

/** Of events that are on their way at once; what is forgotten is read again. */
const MOST_KNOWN = 10_000;
const MOST_CHARACTERS = 200;
const NONE: Attributes = {};

export function createEventMemory(most = MOST_KNOWN): EventMemory {
  const byEntry = createMemory<number>(most);
  /** As ledgers name it. */
  const byKey = createMemory<string>(most);
  const byDocument = createMemory<string>(most);

  const learn = (entry: number, text: string): Attributes => {
    const event = parse(text);
    if (!event) return NONE;
    const attributes = toAttributes(event);
    byEntry.set(entry, attributes);
    const { source, id } = event;
    if (typeof source === "string" && typeof id === "string") byKey.set(compact(eventKey({ source, id })), attributes);
    return attributes;
  };
  return {
    learn,
    of: (entry, { buffer, byteOffset, byteLength }) =>
      byEntry.get(entry) ?? learn(entry, Buffer.from(buffer, byteOffset, byteLength).toString()),
    savedBy(key, value) {
      const of = keyIn(key, value);
      const known = (of === undefined ? undefined : (byKey.get(of) ?? saidIn(value, of))) ?? byDocument.get(key);
      if (!known) return NONE;
      byDocument.set(key, { subject: known.subject, correlation: known.correlation } as Attributes);
      return known;
    },
  };
}

interface Memory<Key> {
  get(key: Key): Attributes | undefined;
  set(key: Key, attributes: Attributes): void;
}

/** Forgets the oldest. */
function createMemory<Key>(most: number): Memory<Key> {
  const known = new Map<Key, Attributes>();
  return {
    get: (key) => known.get(key),
    set(key, attributes) {
      known.delete(key);
      known.set(key, attributes);
      if (known.size > most) known.delete(known.keys().next().value as Key);
    },
  };
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

function toAttributes({ specversion, id, type, subject, correlationid, causationid }: Json): Attributes {
  if (typeof specversion !== "string") return NONE;
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

const PARKED = new RegExp(`-parked-([\\w-]{${HALF}})$`);
const LEASED = /"lease":\{"event":"([\da-f-]{36})"/;
const INBOX = /"inbox":"([\w+-]*)"/;

/** out: the key of the event that a document was written for, as its ledger shortens it */
function keyIn(key: string, value: string): string | undefined {
  const parked = PARKED.exec(key)?.[1];
  if (parked !== undefined) return parked;
  const leased = LEASED.exec(value)?.[1];
  if (leased !== undefined) return compact(leased);
  const inbox = INBOX.exec(value)?.[1] ?? "";
  return inbox.length < WIDTH ? undefined : inbox.slice(-WIDTH).slice(0, HALF);
}

/** An event that came by no topic is known by what followed. */
function saidIn(value: string, key: string): Attributes | undefined {
  const outbox = parse(value)?.outbox as Record<string, { readonly said?: readonly { readonly body?: string }[] }>;
  const said = parse(outbox?.[key]?.said?.[0]?.body ?? "");
  if (!said) return undefined;
  const { subject, correlation, causation } = toAttributes(said);
  return { event: causation, subject, correlation } as Attributes;
}
