import type { CloudEvent } from "../../functions/kernel/event.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { checkAttribute, checkRequired } from "./attributes.ts";
import { noCloudEvent, requireFormat, requireUtf8 } from "./content-type.ts";
import { decodeHeader } from "./header-value.ts";
import {
  elementsOf,
  hasPrototype,
  inspect,
  isPlain,
  parseExactJson,
  parseJson,
  pollution,
  toObject,
  toText,
} from "./json.ts";
import { essenceOf, isJson, isText } from "./media-type.ts";
import { kindOf, quote, type RefusalCode, refusal } from "./refusal.ts";

/** What any host hands over. Header names in lower case. */
export interface Message {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
  /** Of all that came, where it was more than the host holds: then the body is its beginning. */
  readonly overflow?: Overflow | undefined;
}

export interface Overflow {
  /** Bytes. */
  readonly length: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** An event, or why there is none with the bytes that were none. */
export type Decoded = { readonly event: CloudEvent } | { readonly refused: Dead; readonly body: Uint8Array };

/** Of one event. Consumers should take 64 KiB, SNS takes 256 KiB. */
const MAX_BYTES = 256 * 1024;
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
 * curl send application/json.
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
    if (contentType === USUAL) return [{ event: decodeStructured(body, maxBytes) }];
    const essence = contentType === undefined ? "" : essenceOf(contentType);
    if (essence.startsWith(BATCH)) {
      requireFormat(contentType, { essence, format: BATCH });
      return decodeBatch(body, maxBytes);
    }
    if (essence.startsWith(STRUCTURED)) {
      requireFormat(contentType, { essence, format: STRUCTURED });
      return [{ event: decodeStructured(body, maxBytes) }];
    }
    const names = Object.keys(headers).filter((name) => name.startsWith("ce-") && headers[name] !== undefined);
    if (names.length > 0) return [{ event: decodeBinary(message, { names, contentType, maxBytes }) }];
    if (contentType === undefined || isJson(essence)) {
      requireUtf8(contentType);
      return [{ event: decodeUnlabelled(body, { contentType, maxBytes }) }];
    }
    throw noCloudEvent(contentType);
  } catch (error) {
    return [{ refused: asDead(error), body }];
  }
}

/**
 * A structured event that is parsed already. Integers beyond 2^53 - 1 have been rounded by whoever parsed it.
 *
 * in      a value that nobody changes any more: where it is an event as it stands, it is the answer itself
 * throws  Dead only
 * source  CloudEvents JSON format 1.0.2, sections 2 and 3
 */
export function parseEvent(value: unknown): CloudEvent {
  return toEvent(value, undefined);
}

function decodeStructured(body: Uint8Array, maxBytes: number): CloudEvent {
  requireSize("body", { bytes: body.byteLength, maxBytes });
  const text = toText(body);
  return toEvent(parseJson(text), text, isPlain(text, body));
}

function decodeUnlabelled(
  body: Uint8Array,
  { contentType, maxBytes }: { readonly contentType: string | undefined; readonly maxBytes: number },
): CloudEvent {
  requireSize("body", { bytes: body.byteLength, maxBytes });
  const text = toText(body);
  const value = parseJson(text);
  if (typeof (value as { specversion?: unknown } | null)?.specversion !== "string") throw noCloudEvent(contentType);
  return toEvent(value, text);
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
  return values.map((value: unknown, index) => {
    try {
      if (mayExceed) requireSize("event", { bytes: Buffer.byteLength(textOf(index)), maxBytes });
      return { event: toEvent(value, () => textOf(index)) };
    } catch (error) {
      return { refused: asDead(error), body: Buffer.from(textOf(index)) };
    }
  });
}

interface BinaryOptions {
  readonly names: readonly string[];
  readonly contentType: string | undefined;
  readonly maxBytes: number;
}

function decodeBinary({ headers, body }: Message, { names, contentType, maxBytes }: BinaryOptions): CloudEvent {
  const event: Record<string, unknown> = {};
  let bytes = body.byteLength + (contentType?.length ?? 0);
  for (const header of names) {
    const name = header.slice("ce-".length);
    const value = single(headers[header], { name, code: "attribute" });
    bytes += header.length + value.length;
    requireSize("headers and body", { bytes, maxBytes });
    if (name === "datacontenttype")
      throw refusal("attribute", name, { must: "be the content-type header", got: "ce-datacontenttype" });
    event[name] = checkAttribute(name, decodeHeader(name, value));
  }
  if (contentType !== undefined) event.datacontenttype = checkAttribute("datacontenttype", contentType);
  checkRequired(event);
  if (body.byteLength > 0) event.data = toData(body, contentType);
  return event as unknown as CloudEvent;
}

/**
 * Body of binary mode → data. Without a content type it is bytes: only the JSON format implies application/json.
 *
 * source  CloudEvents HTTP binding 1.0.2, section 3.1.1; RFC 9110, section 8.3
 */
function toData(body: Uint8Array, contentType: string | undefined): unknown {
  const essence = contentType === undefined ? "" : essenceOf(contentType);
  if (isJson(essence)) {
    requireUtf8(contentType);
    const text = toText(body);
    const value = parseJson(text);
    return inspect(value, "data") ? value : parseExactJson(text);
  }
  if (isText(essence)) {
    requireUtf8(contentType);
    return toText(body);
  }
  return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
}

/**
 * in  source: the JSON text that it was parsed from, or a way to it
 *     isPlain: no string in it can hold a character that attributes must not have
 * out the envelope itself where it is an event as it stands, else a new object
 */
function toEvent(value: unknown, source: string | (() => string) | undefined, isPlain = false): CloudEvent {
  const envelope = toObject(value, "event");
  let hasUnset = false;
  for (const name in envelope) {
    if (name === "data" || name === "data_base64") continue;
    const attribute = envelope[name];
    if (name === "__proto__" || (name === "constructor" && hasPrototype(attribute))) throw pollution("event", name);
    if (attribute === null || attribute === undefined) hasUnset = true;
    else checkAttribute(name, attribute, isPlain);
  }
  checkRequired(envelope);
  const { data, data_base64: base64 } = envelope;
  const isExact = inspect(data, "data") || source === undefined;
  if (isExact && !hasUnset && base64 === undefined) return envelope as unknown as CloudEvent;
  const event = Object.fromEntries(Object.entries(envelope).filter(isSet));
  if (base64 !== undefined && base64 !== null) {
    if (data !== undefined) throw refusal("data", "data", { must: "be unset beside data_base64", got: "both" });
    event.data = fromBase64(base64);
  } else if (!isExact) {
    event.data = toObject(parseExactJson(typeof source === "function" ? source() : source), "event").data;
  }
  return event as unknown as CloudEvent;
}

/** A null attribute is unset; null data is data. source: CloudEvents JSON format 1.0.2, sections 2.2 and 3.1.1 */
function isSet([name, value]: readonly [string, unknown]): boolean {
  return value !== undefined && (name === "data" || value !== null) && name !== "data_base64";
}

function fromBase64(value: unknown): Uint8Array {
  // Buffer skips what is not base64; only what comes back the same was.
  const bytes = typeof value === "string" ? Buffer.from(value, "base64") : undefined;
  if (bytes === undefined || bytes.toString("base64") !== value)
    throw refusal("data", "data_base64", { must: "be base64 with padding (RFC 4648)", got: kindOf(value) });
  return new Uint8Array(bytes);
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

function asDead(error: unknown): Dead {
  if (error instanceof Dead) return error;
  throw error;
}
