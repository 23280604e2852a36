import { createHash } from "node:crypto";
import type { CloudEvent } from "../../functions/kernel/event.ts";
import type { Dead } from "../../functions/kernel/outcome.ts";
import type { Message, Overflow } from "./decode.ts";
import { encodeStructured } from "./encode.ts";
import { forbidden } from "./forbidden.ts";
import { derivedId } from "./ids.ts";
import { toLine } from "./outcome.ts";
import type { Said } from "./publish.ts";

export const DEAD_LETTERS = "dead-letters";

const MOST_BYTES = 192 * 1024;
/** Of what is too large. */
export const KEPT_BYTES = 64 * 1024;
const MOST_CHARACTERS = 1_000;

/** What died: an event, or a message that was none. */
export type Remains = { readonly event: CloudEvent } | { readonly message: Message };

interface Passport {
  readonly dead: Dead;
  readonly functionName: string;
  readonly topic: string | undefined;
  /** RFC 3339. */
  readonly time: string;
}

/**
 * The original, with a passport that says why, where and when it ended. One over 192 KiB is cut to its first 64 KiB,
 * with its length and SHA-256; one that has too large attributes becomes bytes altogether.
 *
 * out  a structured CloudEvent for the topic `dead-letters`, its extensions all strings, as sidecars want them
 */
export function toDeadLetter(remains: Remains, { dead, functionName, topic, time }: Passport): Said {
  const passport = {
    deadreason: legible(toLine(dead.message)),
    deadcode: legible(dead.code),
    deadfunction: functionName,
    deadtopic: topic ?? "none",
    deadtime: time,
  };
  const original = "event" in remains ? withTextExtensions(remains.event) : fromMessage(remains.message);
  const whole = toSaid({ ...original, ...passport });
  // A host keeps no more than KEPT_BYTES of what overflows: such a letter fits.
  if (fits(whole)) return whole;
  const short = toSaid({ ...original, ...passport, ...cut(original) });
  if (fits(short)) return short;
  const bytes = fromMessage({ headers: {}, body: Buffer.from(encodeStructured(original)) });
  return toSaid({ ...bytes, ...passport, ...cut(bytes) });
}

function toSaid(letter: CloudEvent): Said {
  return { topic: DEAD_LETTERS, key: letter.subject ?? letter.id, body: encodeStructured(letter) };
}

const fits = ({ body }: Said): boolean => Buffer.byteLength(body) <= MOST_BYTES;

function fromMessage({ headers, body, overflow }: Message): CloudEvent {
  const attributes = Object.entries(headers).filter(([name]) => name.startsWith("ce-"));
  const contentType = headers["content-type"];
  return {
    specversion: "1.0",
    // What begins alike may go on differently.
    id: derivedId(
      Buffer.from(body).toString("base64"),
      JSON.stringify(overflow ? [...attributes, overflow.sha256] : attributes),
    ),
    source: "/loosely/undecodable",
    type: "com.example.undecodable.v1",
    ...(typeof contentType === "string" && contentType !== "" ? { deadcontenttype: legible(contentType) } : {}),
    ...(attributes.length > 0 ? { deadheaders: legible(JSON.stringify(attributes)) } : {}),
    datacontenttype: "application/octet-stream",
    ...(overflow ? measured(overflow) : {}),
    data: body,
  };
}

const measured = ({ length, sha256 }: Overflow) => ({ deadlength: String(length), deadsha256: sha256 });

/** What is left of an event too large for brokers. */
function cut(original: CloudEvent) {
  const bytes =
    original.data instanceof Uint8Array ? Buffer.from(original.data) : Buffer.from(encodeStructured(original));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return {
    data: bytes.subarray(0, KEPT_BYTES),
    datacontenttype: "application/octet-stream",
    ...measured({ length: bytes.byteLength, sha256 }),
  };
}

/** Sidecars have failed on others. */
function withTextExtensions({ data, ...attributes }: CloudEvent): CloudEvent {
  const texts = Object.entries(attributes).map(([name, value]) => [name, String(value)]);
  return { ...(Object.fromEntries(texts) as unknown as CloudEvent), ...(data === undefined ? {} : { data }) };
}

/** CloudEvents 1.0.2, 3.1 "String": no control characters, no lone surrogates. */
const legible = (text: string): string =>
  text.toWellFormed().replace(forbidden(), " ").slice(0, MOST_CHARACTERS).toWellFormed();
