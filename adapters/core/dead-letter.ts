import { createHash } from "node:crypto";
import type { CloudEvent } from "../../functions/kernel/event.ts";
import type { Dead } from "../../functions/kernel/outcome.ts";
import { type Carried, headersOf, letterId } from "./carried.ts";
import type { Message, Overflow } from "./decode.ts";
import { encodeStructured } from "./encode.ts";
import { MAX_BYTES, PASSPORT_BYTES, withTextExtensions } from "./event-size.ts";
import { forbidden } from "./forbidden.ts";
import { keyOf } from "./ids.ts";
import { toLine } from "./outcome.ts";
import type { Said } from "./publish.ts";

export const DEAD_LETTERS = "dead-letters";

/** Of what is too large. */
export const KEPT_BYTES = 64 * 1024;
const MOST_CHARACTERS = 1_000;
/** Of what is but a name. */
const FEW_CHARACTERS = 200;

/** What died: an event, or a message that was none. */
export type Remains = { readonly event: CloudEvent } | { readonly message: Message };

interface Passport {
  readonly dead: Dead;
  readonly functionName: string;
  readonly topic: string | undefined;
  /** RFC 3339. */
  readonly time: string;
  /** What the host takes: a letter has room for that and a passport. Left out: MAX_BYTES. */
  readonly maxEventBytes?: number | undefined;
}

/**
 * The original, with a passport that says why, where and when it ended. An event that its host took is whole; what is larger,
 * or no event and grows too large as base64, is cut to its first 64 KiB, with its length and SHA-256; one that has too large
 * attributes becomes bytes altogether.
 *
 * out  a structured CloudEvent for the topic `dead-letters`, its extensions all strings, as sidecars want them
 */
export function toDeadLetter(
  remains: Remains,
  { dead, functionName, topic, time, maxEventBytes = MAX_BYTES }: Passport,
): Said {
  const mostBytes = maxEventBytes + PASSPORT_BYTES;
  const fits = ({ body }: Said) => Buffer.byteLength(body) <= mostBytes;
  const passport = {
    deadreason: legible(toLine(dead.message)),
    deadcode: legible(dead.code, FEW_CHARACTERS),
    deadfunction: functionName,
    deadtopic: legible(topic ?? "none", FEW_CHARACTERS),
    deadtime: time,
  };
  const original = "event" in remains ? withTextExtensions(remains.event) : fromMessage(remains.message, topic);
  const whole = isHopeless(original, mostBytes) ? undefined : toSaid({ ...original, ...passport });
  if (whole && fits(whole)) return whole;
  const short = toSaid({ ...original, ...passport, ...cut(original) });
  if (fits(short)) return short;
  const bytes = fromMessage({ headers: {}, body: Buffer.from(encodeStructured(original)) }, topic);
  return toSaid({ ...bytes, ...passport, ...cut(bytes) });
}

/** Tens of megabytes are not written as base64 to see that they are too many. */
const isHopeless = ({ data }: CloudEvent, mostBytes: number): boolean =>
  data instanceof Uint8Array && data.byteLength > mostBytes;

function toSaid(letter: CloudEvent): Said {
  return { topic: DEAD_LETTERS, key: keyOf(letter.subject ?? letter.id), body: encodeStructured(letter) };
}

/** All that was carried: a tombstone without its key would not say what was deleted. */
function fromMessage(message: Message, topic: string | undefined): CloudEvent {
  const { headers, body, overflow } = message;
  const carried = toldOf(message, topic);
  const { key, partition, offset, messageId } = carried;
  const contentType = carried.attributes?.["content-type"] ?? headers["content-type"];
  const { deadheaders, deadleftout } = headersOf(message, carried);
  return {
    specversion: "1.0",
    id: letterId(message, carried),
    source: "/loosely/undecodable",
    type: "com.example.undecodable.v1",
    ...(typeof contentType === "string" && contentType !== ""
      ? { deadcontenttype: legible(contentType, FEW_CHARACTERS) }
      : {}),
    ...(key === undefined ? {} : { deadkey: legible(key.toWellFormed().replace(forbidden(), encodeURIComponent)) }),
    ...(partition === undefined ? {} : { deadpartition: legible(partition, FEW_CHARACTERS) }),
    ...(offset === undefined ? {} : { deadoffset: legible(offset, FEW_CHARACTERS) }),
    ...(messageId === undefined ? {} : { deadmessageid: legible(messageId, FEW_CHARACTERS) }),
    ...(deadheaders === undefined ? {} : { deadheaders: legible(deadheaders, Number.POSITIVE_INFINITY) }),
    ...(deadleftout === undefined ? {} : { deadleftout }),
    datacontenttype: "application/octet-stream",
    ...(overflow ? measured(overflow) : {}),
    data: body,
  };
}

const isHeaders = (name: string, value: unknown): boolean =>
  (name === "headers" || name === "attributes") && typeof value === "object" && value !== null;

/** Whatever a carrier says in the place of texts, its letter is written. */
function toldOf({ carried }: Message, topic: string | undefined): Carried {
  try {
    const told = carried?.() ?? {};
    const texts = Object.entries(told).filter(([name, one]) => typeof one === "string" || isHeaders(name, one));
    return { topic, ...Object.fromEntries(texts) };
  } catch {
    return { topic };
  }
}

const measured = ({ length, sha256 }: Overflow) => ({ deadlength: String(length), deadsha256: sha256 });

/** What is left of an event too large for brokers. */
function cut(original: CloudEvent) {
  const { data } = original;
  const bytes = data instanceof Uint8Array ? data : Buffer.from(encodeStructured(original));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return {
    data: bytes.subarray(0, KEPT_BYTES),
    datacontenttype: "application/octet-stream",
    ...measured({ length: bytes.byteLength, sha256 }),
  };
}

/** CloudEvents 1.0.2, 3.1 "String": no control characters, no lone surrogates. */
const legible = (text: string, most = MOST_CHARACTERS): string =>
  text.toWellFormed().replace(forbidden(), " ").slice(0, most).toWellFormed();
