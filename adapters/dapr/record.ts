import { aboutBody } from "../core/about.ts";
import type { Message } from "../core/decode.ts";
import { encodeHeader } from "../core/header-value.ts";

/** All that a query-escaped value may hold, and what only such a one holds. source: Go, net/url, QueryEscape */
const ESCAPED = /^[A-Za-z0-9_.~+%-]*$/;
const ESCAPE = /%[0-9A-Fa-f]{2}|\+/;

/**
 * A record that its producer wrote to Kafka in binary mode → the same event in HTTP's binary mode. daprd hands over the
 * record's headers under their own names beside the bare value, and shows a content type that is not the record's. Any
 * other message comes out as it is.
 *
 * in      toText: from what stands in headers; left out, from bytes that Node has read as Latin-1
 * source  CloudEvents Kafka binding 1.0.2, section 3.2; seen on daprd 1.14.0 and 1.18.3
 */
export function fromRecord(message: Message, toText = fromLatin1): Message {
  const { headers, body } = message;
  if (headers.ce_specversion === undefined || aboutBody(body).specversion !== undefined) return message;
  const texts = Object.entries(headers).map(([name, value]) => [name, toText(String(value ?? ""))] as const);
  const told = unescaped(texts).filter(([name]) => name !== "content-type");
  return { ...message, headers: Object.fromEntries(told.map(toHeader)) };
}

type Header = readonly [name: string, text: string];

/**
 * Whether `escapeHeaders` is on, no message says: it is where everything may be escaped and something must be.
 *
 * source  pubsub.kafka, `escapeHeaders`: honoured by daprd 1.18.3, ignored by 1.14.0
 */
function unescaped(headers: readonly Header[]): readonly Header[] {
  const record = headers.filter(([name]) => name.startsWith("ce_") || name === "__key");
  if (!record.every(([, text]) => ESCAPED.test(text)) || !record.some(([, text]) => ESCAPE.test(text))) return headers;
  try {
    return headers.map((header) => (isOfRecord(header) ? [header[0], toUnescaped(header[1])] : header));
  } catch {
    // A % that begins no escape: nothing was escaped.
    return headers;
  }
}

const isOfRecord = ([name]: Header): boolean => name.startsWith("ce_") || name === "__key" || name === "tracestate";

const toUnescaped = (text: string): string => decodeURIComponent(text.replaceAll("+", " "));

/** Values are plain text on Kafka, and percent-encoded in HTTP, whose rules the core applies. */
const toHeader = ([name, text]: Header): Header =>
  name.startsWith("ce_") ? [`ce-${name.slice(3)}`, encodeHeader(name, text.toWellFormed())] : [name, text];

const fromLatin1 = (text: string): string => Buffer.from(text, "latin1").toString("utf8");
