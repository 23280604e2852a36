import { hash } from "node:crypto";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import type { Dead } from "../../../functions/kernel/outcome.ts";
import { type Carried, headersOf, letterId } from "../event/carried.ts";
import type { Message, Overflow } from "../event/decode.ts";
import { encodeStructured } from "../event/encode.ts";
import { KEPT_BYTES, MAX_BYTES, PASSPORT_BYTES, withTextExtensions } from "../event/event-size.ts";
import { forbidden } from "../event/forbidden.ts";
import { keyOf } from "../event/ids.ts";
import { isObject } from "../event/json.ts";
import type { Said } from "../relay/publish.ts";
import { toLine } from "./outcome.ts";
import { toSeal } from "./seal.ts";

export const DEAD_LETTERS = "dead-letters";
/** The type of a letter of what was no event. */
export const UNDECODABLE = "com.example.undecodable.v1";

const MOST_CHARACTERS = 1_000;
const FEW_CHARACTERS = 200;
const OCTETS = "application/octet-stream";

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
  /** Left out: it bears no seal. */
  readonly letterSecret?: string | undefined;
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
  { dead, functionName, topic, time, maxEventBytes = MAX_BYTES, letterSecret }: Passport,
): Said {
  const mostBytes = maxEventBytes + PASSPORT_BYTES;
  const fits = ({ body }: Said) => Buffer.byteLength(body) <= mostBytes;
  const passport = {
    deadreason: legible(toLine(dead.message)),
    deadcode: short(dead.code),
    deadfunction: functionName,
    deadtopic: short(topic ?? "none"),
    deadtime: time,
    // Never that of an earlier letter: it says where that one died.
    deadseal: undefined,
  };
  const toSaid = (letter: CloudEvent): Said =>
    asSaid(letterSecret === undefined ? letter : { ...letter, deadseal: toSeal(letter, letterSecret) });
  const original = "event" in remains ? withTextExtensions(remains.event) : fromMessage(remains.message, topic);
  const whole = isHopeless(original, mostBytes) ? undefined : toSaid({ ...original, ...passport });
  if (whole && fits(whole)) return whole;
  const part = toSaid({ ...original, ...passport, ...cut(original) });
  if (fits(part)) return part;
  const bytes = fromMessage({ headers: {}, body: Buffer.from(encodeStructured(original)) }, topic);
  return toSaid({ ...bytes, ...passport, ...cut(bytes) });
}

/** Tens of megabytes are not written as base64 to see that they are too many. */
const isHopeless = ({ data }: CloudEvent, mostBytes: number): boolean =>
  data instanceof Uint8Array && data.byteLength > mostBytes;

const asSaid = (letter: CloudEvent): Said => ({
  topic: DEAD_LETTERS,
  key: keyOf(letter.subject ?? letter.id),
  body: encodeStructured(letter),
});

/** All that was carried, what is unknown undefined: a tombstone without its key would not say what was deleted. */
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
    type: UNDECODABLE,
    deadcontenttype: typeof contentType === "string" ? short(contentType || undefined) : undefined,
    deadkey: key && legible(key.toWellFormed().replace(forbidden(), encodeURIComponent)),
    deadpartition: short(partition),
    deadoffset: short(offset),
    deadmessageid: short(messageId),
    deadheaders: deadheaders && legible(deadheaders, Number.POSITIVE_INFINITY),
    deadleftout,
    datacontenttype: OCTETS,
    ...(overflow && measured(overflow)),
    data: body,
  };
}

const isHeaders = (name: string, value: unknown): boolean =>
  (name === "headers" || name === "attributes") && isObject(value);

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
  return {
    data: bytes.subarray(0, KEPT_BYTES),
    datacontenttype: OCTETS,
    ...measured({ length: bytes.byteLength, sha256: hash("sha256", bytes) }),
  };
}

/** Of what is but a name. */
const short = (text: string | undefined): string | undefined => text && legible(text, FEW_CHARACTERS);

/** CloudEvents 1.0.2, 3.1 "String": no control characters, no lone surrogates. */
const legible = (text: string, most = MOST_CHARACTERS): string =>
  text.toWellFormed().replace(forbidden(), " ").slice(0, most).toWellFormed();
