import { isUtf8 } from "node:buffer";
import { aboutBody } from "../core/event/about.ts";
import type { Carried } from "../core/event/carried.ts";
import type { Message } from "../core/event/decode.ts";

/** All that a query-escaped value may hold, and what only such a one holds. source: Go, net/url, QueryEscape */
const ESCAPED = /^[A-Za-z0-9_.~+%-]*$/;
const ESCAPE = /%[0-9A-Fa-f]{2}/;

interface RecordOptions {
  /** Headers as a bulk has them: text, the record's own content type among them. Left out: bytes that Node read as Latin-1. */
  readonly isText?: boolean;
}

/**
 * A record that its producer wrote to Kafka in binary mode → the same event in HTTP's binary mode. daprd hands over the
 * record's headers under their own names beside the bare value, and shows a content type that is not the record's. Any
 * other message comes out as it is.
 *
 * source  CloudEvents Kafka binding 1.0.2, section 3.2; seen on daprd 1.14.0 and 1.18.3
 */
export function fromRecord(message: Message, { isText = false }: RecordOptions = {}): Message {
  const { headers } = message;
  const body = headers.ce_specversion === undefined ? undefined : valueIn(message.body);
  if (!body) return message;
  const told = unescaped(textsOf(headers, isText)).filter(([name]) => isText || name !== "content-type");
  return { ...message, headers: Object.fromEntries(told.map(toHeader)), body, coding: undefined };
}

/**
 * What a sidecar says of a message beside its body: of Kafka its key and its place, of any broker what its producer wrote beside
 * it, and of a single delivery the request's own headers among that.
 *
 * source  seen on daprd 1.14.0 and 1.18.3; without a key, there is no `__key`
 */
export function carriedIn(headers: Message["headers"], { isText = false }: RecordOptions = {}): Carried {
  const {
    __key: key,
    __partition: partition,
    __offset: offset,
    ...others
  } = Object.fromEntries(unescaped(textsOf(headers, isText, escapedBytes)));
  const place = { key, partition, offset, topic: others.__topic };
  return isText ? { ...place, attributes: others } : { ...place, headers: others };
}

const textsOf = (headers: Message["headers"], isText: boolean, toText = (bytes: Buffer) => bytes.toString("utf8")) =>
  Object.entries(headers).map(([name, value]): Header => {
    const text = String(value ?? "");
    return [name, isText ? text : toText(Buffer.from(text, "latin1"))];
  });

/** Bytes that are no text, a key for one, as `escapeHeaders` would have them: nothing is lost. */
const escapedBytes = (bytes: Buffer): string =>
  isUtf8(bytes)
    ? bytes.toString("utf8")
    : bytes
        .toString("latin1")
        .replace(/[^ -$&-~]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);

/**
 * The value of a record: as it is, or out of the envelope of a subscription with rawPayload.
 *
 * out  undefined for a structured event, beside which `ce_` headers say nothing
 */
function valueIn(body: Uint8Array): Uint8Array | undefined {
  const { specversion, isSent, type } = aboutBody(body);
  if (specversion === undefined) return body;
  if (!isSent || type !== undefined) return undefined;
  const { data, data_base64: base64 } = JSON.parse(Buffer.from(body).toString("utf8"));
  return typeof base64 === "string" ? Buffer.from(base64, "base64") : Buffer.from(JSON.stringify(data) ?? "");
}

type Header = readonly [name: string, text: string];

/**
 * Whether `escapeHeaders` is on, no message says: it is where everything may be escaped and something must be.
 *
 * source  pubsub.kafka, `escapeHeaders`: honoured by daprd 1.18.3, ignored by 1.14.0
 */
function unescaped(headers: readonly Header[]): readonly Header[] {
  const record = headers.filter(([name]) => name.startsWith("ce_") || name === "__key");
  if (!record.every(([, text]) => ESCAPED.test(text)) || !record.some(isEscaped)) return headers;
  try {
    return headers.map((header) => (isOfRecord(header) ? [header[0], toUnescaped(header[1])] : header));
  } catch {
    // A % that begins no escape: nothing was escaped.
    return headers;
  }
}

/** A key alone may have a + of its own: a telephone number does. */
const isEscaped = ([name, text]: Header): boolean => ESCAPE.test(text) || (name !== "__key" && text.includes("+"));

const OTHERS = new Set(["__key", "tracestate", "content-type"]);
const isOfRecord = ([name]: Header): boolean => name.startsWith("ce_") || OTHERS.has(name);

const toUnescaped = (text: string): string => decodeURIComponent(text.replaceAll("+", " "));

const toHeader = ([name, text]: Header): Header => [name.startsWith("ce_") ? `ce-${name.slice(3)}` : name, text];
