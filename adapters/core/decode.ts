import type { CloudEvent } from "../../functions/kernel/event.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { type About, aboutBody, aboutMessage, aboutValue, MOST_OPENINGS, SENT } from "./about.ts";
import { checkAttribute, checkRequired, isUnset } from "./attributes.ts";
import { noCloudEvent, requireFormat, requireUtf8 } from "./content-type.ts";
import { fromBytes, fromUnlabelled } from "./data.ts";
import { decodeAttribute } from "./header-value.ts";
import { isPlain, parseJson, stringifyJson, toText } from "./json.ts";
import { elementsOf } from "./json-members.ts";
import { essenceOf, isJson, isSameMediaType } from "./media-type.ts";
import { kindOf, quote, type RefusalCode, refusal } from "./refusal.ts";
import { insideOf, untyped } from "./sent.ts";
import { toEvent } from "./to-event.ts";

/** What any host hands over. Header names in lower case. */
export interface Message {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
  /** The values of its `ce-` headers are text as it is, as carriers other than HTTP have it: not percent-encoded. */
  readonly unencoded?: true;
  /** Of all that came, where it was more than the host holds: then the body is its beginning. */
  readonly overflow?: Overflow | undefined;
}

export interface Overflow {
  /** Bytes. */
  readonly length: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** envelope: that it came out of, so that its own trace context is nearer than that of its transport. */
type Opened = { readonly event: CloudEvent; readonly envelope?: CloudEvent };

/** An event, or why there is none, with the bytes that were none and what they say of themselves all the same. */
export type Decoded = Opened | { readonly refused: Dead; readonly body: Uint8Array; readonly about: About };

/** Of one event. Consumers should take 64 KiB, SNS takes 256 KiB. */
export const MAX_BYTES = 256 * 1024;
/** How many times that a batch may have: 4 MiB, which parse in some tens of milliseconds. */
const BATCH_FACTOR = 16;
/** Of a batch: a refusal costs some microseconds, and 4 MiB of `1,` are two million of them. */
const MAX_EVENTS = 10_000;

const STRUCTURED = "application/cloudevents";
/** As sidecars and HTTP clients label it. */
const USUAL = "application/cloudevents+json";
const BATCH = "application/cloudevents-batch";

/**
 * One message → its event (structured or binary mode), or its events (batch; none for an empty one). Never throws. An
 * element of a batch that is refused comes with its own bytes, the others are not affected.
 *
 * A JSON body without any CloudEvents label is taken for structured mode if it has a specversion: sidecars and people with
 * curl send application/json. An event that Dapr has put into an envelope of its own comes out of it.
 *
 * limits  maxBytes of one event (default 256 KiB): the body, in binary mode with its headers, in a batch the element; a
 *         batch as a whole may have 16 times as many, and 10,000 events
 * source  CloudEvents HTTP binding 1.0.2, section 3; JSON format 1.0.2, sections 2 to 4
 */
export function decode(message: Message, limits?: { readonly maxBytes?: number }): readonly Decoded[] {
  const { headers, body, overflow } = message;
  const maxBytes = limits?.maxBytes ?? MAX_BYTES;
  try {
    if (overflow) throw refusal("size", "body", { must: `have at most ${maxBytes} bytes`, got: `${overflow.length}` });
    const contentType = single(headers["content-type"], { name: "content-type", code: "content-type" }) || undefined;
    if (contentType === USUAL) return [decodeStructured(body, maxBytes)];
    const essence = contentType === undefined ? "" : essenceOf(contentType);
    if (essence.startsWith(BATCH)) {
      requireFormat(contentType, { essence, format: BATCH });
      return decodeBatch(body, maxBytes);
    }
    if (essence.startsWith(STRUCTURED)) {
      requireFormat(contentType, { essence, format: STRUCTURED });
      return [decodeStructured(body, maxBytes)];
    }
    const names = Object.keys(headers).filter((name) => name.startsWith("ce-") && headers[name] !== undefined);
    if (isBinary(message, names)) return [decodeBinary(message, { names, contentType, maxBytes })];
    if (contentType !== undefined && !isJson(essence)) throw noCloudEvent(contentType);
    requireUtf8(contentType);
    return [decodeUnlabelled(body, { contentType, maxBytes })];
  } catch (error) {
    return [{ refused: asDead(error), body, about: aboutMessage(message) }];
  }
}

interface ElementOptions {
  /** The JSON text that it was parsed from. */
  readonly textOf: () => string;
  /** Whether all of them together are larger than one may be. */
  readonly mayExceed: boolean;
  readonly maxBytes?: number;
}

/**
 * One event of several that are parsed already: an element of a batch, an entry of a bulk. Never throws.
 *
 * in  value: where it is an event as it stands, it is the answer itself
 */
export function decodeElement(value: unknown, { textOf, mayExceed, maxBytes = MAX_BYTES }: ElementOptions): Decoded {
  try {
    const bytes = mayExceed ? Buffer.byteLength(textOf()) : 0;
    if (bytes > maxBytes) requireSize("event", { bytes, maxBytes: limitOf(aboutValue(value), maxBytes) });
    return open(toEvent(value, textOf), maxBytes);
  } catch (error) {
    return { refused: asDead(error), body: Buffer.from(textOf()), about: aboutValue(value) };
  }
}

const REQUIRED = ["ce-specversion", "ce-id", "ce-source", "ce-type"];

/** Where single `ce-` headers stand beside an event in the body, they only repeat what it says. */
function isBinary({ headers, body }: Message, names: readonly string[]): boolean {
  if (names.length === 0) return false;
  return REQUIRED.every((name) => headers[name] !== undefined) || aboutBody(body).specversion === undefined;
}

function decodeStructured(body: Uint8Array, maxBytes: number, openings = MOST_OPENINGS): Opened {
  requireBodySize(body, maxBytes);
  const text = toText(body);
  return open(toEvent(parseJson(text), text, isPlain(text, body)), maxBytes, openings);
}

function decodeUnlabelled(
  body: Uint8Array,
  { contentType, maxBytes }: { readonly contentType: string | undefined; readonly maxBytes: number },
): Opened {
  requireBodySize(body, maxBytes);
  const text = toText(body);
  const value = parseJson(text);
  if (typeof (value as About | null)?.specversion !== "string") throw noCloudEvent(contentType);
  return open(toEvent(value, text, isPlain(text, body)), maxBytes);
}

function requireBodySize(body: Uint8Array, maxBytes: number): void {
  const bytes = body.byteLength;
  if (bytes > maxBytes) requireSize("body", { bytes, maxBytes: limitOf(aboutBody(body), maxBytes) });
}

/** An envelope of Dapr's is larger than the event in it: by a third as bytes, by its escapes as text. */
const limitOf = ({ isSent = false }: About, maxBytes: number): number => (isSent ? maxBytes * BATCH_FACTOR : maxBytes);

function open(event: CloudEvent, maxBytes: number, openings = MOST_OPENINGS): Opened {
  if (event.type !== SENT) return { event };
  if (openings === 0) throw untyped();
  const inner = insideOf(event.data);
  if (inner instanceof Uint8Array) return { ...decodeStructured(inner, maxBytes, openings - 1), envelope: event };
  const bytes = Buffer.byteLength(stringifyJson(inner));
  if (bytes > maxBytes) requireSize("data", { bytes, maxBytes: limitOf(aboutValue(inner), maxBytes) });
  return { ...open(toEvent(inner), maxBytes, openings - 1), envelope: event };
}

function decodeBatch(body: Uint8Array, maxBytes: number): readonly Decoded[] {
  requireSize("batch", { bytes: body.byteLength, maxBytes: maxBytes * BATCH_FACTOR });
  const text = toText(body);
  const values = parseJson(text);
  if (!Array.isArray(values)) throw refusal("json", "body", { must: "be a JSON array of events", got: kindOf(values) });
  if (values.length > MAX_EVENTS)
    throw refusal("size", "batch", { must: `have at most ${MAX_EVENTS} events`, got: `${values.length}` });
  const mayExceed = body.byteLength > maxBytes;
  let texts: readonly string[] | undefined;
  const textOf = (index: number): string => {
    texts ??= elementsOf(text);
    return texts[index] ?? "";
  };
  return values.map((value: unknown, index) =>
    decodeElement(value, { textOf: () => textOf(index), mayExceed, maxBytes }),
  );
}

interface BinaryOptions {
  readonly names: readonly string[];
  readonly contentType: string | undefined;
  readonly maxBytes: number;
}

function decodeBinary({ headers, body, unencoded }: Message, { names, contentType, maxBytes }: BinaryOptions): Opened {
  const event: Record<string, unknown> = {};
  let bytes = body.byteLength + (contentType?.length ?? 0);
  let datacontenttype = contentType;
  for (const header of names) {
    const name = header.slice("ce-".length);
    const value = single(headers[header], { name, code: "attribute" });
    bytes += header.length + value.length;
    requireSize("headers and body", { bytes, maxBytes });
    if (isUnset(name, value)) continue;
    if (name !== "datacontenttype") event[name] = (unencoded ? checkAttribute : decodeAttribute)(name, value);
    else if (contentType === undefined) datacontenttype = value;
    else if (!isSameMediaType(value, contentType))
      throw refusal("attribute", name, { must: "be the content-type header", got: "another ce-datacontenttype" });
  }
  if (datacontenttype !== undefined) event.datacontenttype = checkAttribute("datacontenttype", datacontenttype);
  checkRequired(event);
  if (body.byteLength > 0)
    event.data = datacontenttype === undefined ? fromUnlabelled(body) : fromBytes(body, datacontenttype, "body");
  return open(event as unknown as CloudEvent, maxBytes);
}

function single(
  value: string | readonly string[] | undefined,
  { name, code }: { readonly name: string; readonly code: RefusalCode },
): string {
  if (typeof value === "string") return value;
  if (value === undefined || value.length === 0) return "";
  if (value.length === 1) return value[0] ?? "";
  throw refusal(code, quote(name), { must: "be one header", got: `${value.length}` });
}

function requireSize(part: string, { bytes, maxBytes }: { readonly bytes: number; readonly maxBytes: number }): void {
  if (bytes > maxBytes) throw refusal("size", part, { must: `have at most ${maxBytes} bytes`, got: `${bytes}` });
}

/** What cannot be read once cannot be read ever: it must not come again. */
function asDead(error: unknown): Dead {
  if (error instanceof Dead) return error;
  return refusal("json", "body", { must: "be legible", got: error instanceof Error ? error.name : "an error" });
}
