import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { encodeStructured } from "./encode.ts";

/** Of an event, where its host says nothing else. */
export const MAX_BYTES = 256 * 1024;
/** What a letter keeps of what is too large. */
export const KEPT_BYTES = 64 * 1024;
/** What a letter may have beyond its event: why and where it died, and what its carriers write into it on their way. */
export const PASSPORT_BYTES = 16 * 1024;
/** Of that, for what carriers write into any event: a step of a trace with its state, and where it was published. */
export const CARRIER_BYTES = 2 * 1024;
/** What a byte becomes at most: a control character `\u0001`. A number grows by less (`1e20`), base64 by a third. */
const MOST_GROWTH = 6;
/** Of the names of members that no header has. */
const NAMES_BYTES = 256;
/** More than an attribute is that carriers add: a tracestate. */
const MOST_OF_ONE = 512;

/**
 * Whether the letter of an event can hold all of it. Those that are small beside the limit, as nearly all are, are not written
 * for it.
 *
 * in  bytes: that it came in, at least
 */
export const fitsLetter = (
  event: CloudEvent,
  { bytes, maxBytes }: { readonly bytes: number; readonly maxBytes: number },
): boolean => bytes * MOST_GROWTH + NAMES_BYTES <= maxBytes || bytesInLetter(event) <= maxBytes;

const PASSPORT = /^(dead(reason|code|function|topic|time|seal)|replay(of|for))$/;
const OF_CARRIERS = /^(trace(parent|state|id)|topic|pubsubname)$/;

/**
 * What an event takes in its letter beside the passport, which replaces that of an earlier one: in structured mode, bytes as base64.
 * A letter that is replayed has come by carriers, too, and bears its marks.
 */
function bytesInLetter(event: CloudEvent): number {
  const isLetter = typeof (event.deadcode ?? event.replayof) === "string";
  const isBeside = ([name, value]: [string, unknown]): boolean =>
    PASSPORT.test(name) || (isLetter && OF_CARRIERS.test(name) && String(value).length <= MOST_OF_ONE);
  const others = Object.fromEntries(Object.entries(event).filter((member) => !isBeside(member)));
  return Buffer.byteLength(encodeStructured(withTextExtensions(others as unknown as CloudEvent)));
}

/** A letter's attributes are texts: not every sidecar carries others. */
export function withTextExtensions({ data, ...attributes }: CloudEvent): CloudEvent {
  const texts = Object.entries(attributes).map(([name, value]) => [name, String(value)]);
  return { ...(Object.fromEntries(texts) as unknown as CloudEvent), ...(data === undefined ? {} : { data }) };
}
