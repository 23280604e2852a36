import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { type About, aboutBody, aboutMessage, aboutValue, MOST_OPENINGS, SENT } from "./about.ts";
import { MAX_EVENTS, partsOf, piecesOf, refuseRest } from "./batch-parts.ts";
import type { Carried } from "./carried.ts";
import { noCloudEvent, requireFormat, requireUtf8 } from "./content-type.ts";
import { fitsLetter, MAX_BYTES, PASSPORT_BYTES } from "./event-size.ts";
import { type BinaryOptions, fromBinary, requireSize, single } from "./from-binary.ts";
import type { HeaderCoding } from "./header-value.ts";
import { isPlain, parseJson, stringifyJson, toText } from "./json.ts";
import { essenceOf, isJson } from "./media-type.ts";
import { kindOf, refusal } from "./refusal.ts";
import { insideOf, untyped } from "./sent.ts";
import { toEvent } from "./to-event.ts";

/** What any host hands over. Header names in lower case. */
export interface Message {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
  /** Of its `ce-` headers: HTTP_HEADERS where they came by HTTP. Left out: they are text as it is, as other carriers have it. */
  readonly coding?: HeaderCoding | undefined;
  /** Of all that came, where it was more than the host holds: then the body is its beginning. */
  readonly overflow?: Overflow | undefined;
  /** What else its carrier says of it, asked for where it ends as a letter. */
  readonly carried?: (() => Carried) | undefined;
}

export interface Overflow {
  /** Bytes. */
  readonly length: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

interface Limits {
  readonly maxBytes?: number | undefined;
}

/** envelope: that it came out of, so that its own trace context is nearer than that of its transport. */
type Opened = { readonly event: CloudEvent; readonly envelope?: CloudEvent };

/** An event, or why there is none, with the bytes that were none and what they say of themselves all the same. */
export type Decoded = Opened | { readonly refused: Dead; readonly body: Uint8Array; readonly about: About };

/** Of a batch that is taken slice by slice: as many events as are held at once, or as many bytes of them. */
const SLICE_EVENTS = 64;
const SLICE_BYTES = 1024 * 1024;

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
 * limits  maxBytes of one event (default 256 KiB): the body, in binary mode with its headers, in a batch the element; and the
 *         event as its letter would hold it, with bytes as base64. A batch may have 10,000 events: its rest is refused
 * source  CloudEvents HTTP binding 1.0.2, section 3; JSON format 1.0.2, sections 2 to 4
 */
export function decode(message: Message, limits?: Limits): readonly Decoded[] {
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
    return [decodeStructured(body, maxBytes, { or: () => noCloudEvent(contentType) })];
  } catch (error) {
    return [{ refused: asDead(error), body, about: aboutMessage(message) }];
  }
}

/**
 * Whether a message is a batch of more than one event may have: its events are not to be held all at once.
 *
 * limits  as of `decode`
 */
export const isLargeBatch = ({ headers, body, overflow }: Message, { maxBytes = MAX_BYTES }: Limits): boolean =>
  body.byteLength > maxBytes && overflow === undefined && isBatch(headers);

/** Whether it is labelled as a batch. */
export function isBatch(headers: Message["headers"]): boolean {
  const contentType = headers["content-type"];
  return contentType !== USUAL && typeof contentType === "string" && essenceOf(contentType).startsWith(BATCH);
}

/** Decodes a large batch, some events at a time. Never throws. */
export function* decodeSlices(message: Message, limits: Limits): Generator<readonly Decoded[]> {
  const { headers, body } = message;
  const contentType = String(headers["content-type"]);
  try {
    requireFormat(contentType, { essence: essenceOf(contentType), format: BATCH });
  } catch {
    yield decode(message, limits);
    return;
  }
  yield* slicesOf(body, limits.maxBytes ?? MAX_BYTES);
}

interface ElementOptions {
  /** The JSON text that it was parsed from. */
  readonly textOf: () => string;
  /** That all of them together have. */
  readonly bytes: number;
  readonly maxBytes?: number | undefined;
}

/**
 * One event of several that are parsed already: an element of a batch, an entry of a bulk. Never throws.
 *
 * in  value: where it is an event as it stands, it is the answer itself
 */
export function decodeElement(value: unknown, { textOf, bytes: most, maxBytes = MAX_BYTES }: ElementOptions): Decoded {
  try {
    const bytes = most > maxBytes ? Buffer.byteLength(textOf()) : most;
    if (bytes > maxBytes) requireSize("event", { bytes, maxBytes: limitOf(aboutValue(value), maxBytes) });
    return open(toEvent(value, textOf), { bytes, maxBytes });
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

interface StructuredOptions {
  readonly openings?: number;
  /** What is thrown for JSON without a specversion, where nothing but that says that it is an event. */
  readonly or?: () => Dead;
}

function decodeStructured(
  body: Uint8Array,
  maxBytes: number,
  { openings = MOST_OPENINGS, or }: StructuredOptions = {},
): Opened {
  requireBodySize(body, maxBytes);
  const text = toText(body);
  const value = parseJson(text);
  if (or && typeof (value as About | null)?.specversion !== "string") throw or();
  return open(toEvent(value, text, isPlain(text, body)), { bytes: body.byteLength, maxBytes, openings });
}

function requireBodySize(body: Uint8Array, maxBytes: number): void {
  const bytes = body.byteLength;
  if (bytes > maxBytes) requireSize("body", { bytes, maxBytes: limitOf(aboutBody(body), maxBytes) });
}

/**
 * An envelope of Dapr's is larger than the event in it, which is held to the limit: by a third as bytes, as text by its
 * escapes. So is a letter by its passport, when it is replayed.
 */
function limitOf({ isSent = false, isLetter = false }: About, maxBytes: number): number {
  if (isSent) return Number.POSITIVE_INFINITY;
  return isLetter ? maxBytes + PASSPORT_BYTES : maxBytes;
}

interface OpenOptions {
  /** That the event came in, at least. */
  readonly bytes: number;
  readonly maxBytes: number;
  readonly openings?: number;
}

function open(event: CloudEvent, { bytes, maxBytes, openings = MOST_OPENINGS }: OpenOptions): Opened {
  if (event.type !== SENT) {
    if (fitsLetter(event, { bytes, maxBytes })) return { event };
    throw refusal("size", "event", {
      must: `have at most ${maxBytes} bytes in its dead letter, where bytes are base64`,
      got: "more",
    });
  }
  if (openings === 0) throw untyped();
  const inner = insideOf(event.data);
  if (inner instanceof Uint8Array)
    return { ...decodeStructured(inner, maxBytes, { openings: openings - 1 }), envelope: event };
  const size = Buffer.byteLength(stringifyJson(inner));
  if (size > maxBytes) requireSize("data", { bytes: size, maxBytes: limitOf(aboutValue(inner), maxBytes) });
  return { ...open(toEvent(inner), { bytes: size, maxBytes, openings: openings - 1 }), envelope: event };
}

function decodeBatch(body: Uint8Array, maxBytes: number): readonly Decoded[] {
  const bytes = body.byteLength;
  if (bytes > maxBytes) return [...slicesOf(body, maxBytes)].flat();
  const text = toText(body);
  const values = parseJson(text);
  if (!Array.isArray(values)) throw refusal("json", "body", { must: "be a JSON array of events", got: kindOf(values) });
  if (values.length > MAX_EVENTS) return [...slicesOf(body, maxBytes)].flat();
  let texts: readonly string[] | undefined;
  const textOf = (index: number): string => {
    texts ??= Array.from(partsOf(body), (part) => ("element" in part ? toText(part.element) : ""));
    return texts[index] ?? "";
  };
  return values.map((value: unknown, index) => decodeElement(value, { textOf: () => textOf(index), bytes, maxBytes }));
}

/** Element by element, so that good events never end for a bad one, or for how many they are. */
function* slicesOf(body: Uint8Array, maxBytes: number): Generator<readonly Decoded[]> {
  let slice: Decoded[] = [];
  let bytes = 0;
  for (const part of partsOf(body))
    for (const one of "element" in part ? [part.element] : piecesOf(part.rest, maxBytes)) {
      slice.push(
        "element" in part ? decodeAlone(one, maxBytes) : { refused: refuseRest(part.code), body: one, about: {} },
      );
      bytes += one.byteLength;
      if (slice.length < SLICE_EVENTS && bytes < SLICE_BYTES) continue;
      yield slice;
      slice = [];
      bytes = 0;
    }
  if (slice.length > 0) yield slice;
}

function decodeAlone(body: Uint8Array, maxBytes: number): Decoded {
  try {
    return decodeStructured(body, maxBytes);
  } catch (error) {
    return { refused: asDead(error), body, about: aboutBody(body) };
  }
}

function decodeBinary(message: Message, options: BinaryOptions): Opened {
  const { event, bytes } = fromBinary(message, options);
  return open(event, { bytes, maxBytes: options.maxBytes });
}

/** What cannot be read once cannot be read ever: it must not come again. */
function asDead(error: unknown): Dead {
  if (error instanceof Dead) return error;
  return refusal("json", "body", { must: "be legible", got: error instanceof Error ? error.name : "an error" });
}
