import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { checkAttribute, checkRequired, isUnset, requireSpecversion } from "./attributes.ts";
import { fromBytes, isBytesAsText } from "./data.ts";
import { hasPrototype, inspect, parseExactJson, pollution, toObject } from "./json.ts";
import { essenceOf, isJson } from "./media-type.ts";
import { kindOf, refusal } from "./refusal.ts";

/**
 * An envelope of the JSON format → the event.
 *
 * in      source: the JSON text that it was parsed from, or a way to it
 *         isPlain: no string in it can hold a character that attributes must not have
 * out     the envelope itself where it is an event as it stands, else a new object
 * throws  Dead only
 * source  CloudEvents JSON format 1.0.2, sections 2 and 3
 */
export function toEvent(value: unknown, source?: string | (() => string), isPlain = false): CloudEvent {
  const envelope = toObject(value, "event");
  requireSpecversion(envelope);
  let hasUnset = false;
  for (const name in envelope) {
    if (name === "data" || name === "data_base64") continue;
    const attribute = envelope[name];
    if (name === "__proto__" || (name === "constructor" && hasPrototype(attribute))) throw pollution("event", name);
    if (isUnset(name, attribute)) hasUnset = true;
    else checkAttribute(name, attribute, isPlain);
  }
  checkRequired(envelope);
  const { data, data_base64: base64 = null, datacontenttype } = envelope;
  const isExact = inspect(data, "data") || source === undefined;
  const isText = isBytesAsText(data, datacontenttype);
  if (isExact && !hasUnset && !isText && envelope.data_base64 === undefined) return envelope as unknown as CloudEvent;
  const event = Object.fromEntries(Object.entries(envelope).filter(isSet));
  if (base64 !== null) {
    if (data !== undefined) throw refusal("data", "data", { must: "be unset beside data_base64", got: "both" });
    const bytes = fromBase64(base64);
    const contentType = event.datacontenttype as string | undefined;
    // No JSON is empty: it is an event without data, as in binary mode.
    if (bytes.byteLength > 0 || contentType === undefined || !isJson(essenceOf(contentType)))
      event.data = fromBytes(bytes, contentType, "data_base64");
  } else if (isText) {
    event.data = new Uint8Array(Buffer.from(data));
  } else if (!isExact) {
    event.data = toObject(parseExactJson(typeof source === "function" ? source() : source), "event").data;
  }
  return event as unknown as CloudEvent;
}

/** Null data is data. source: CloudEvents JSON format 1.0.2, section 3.1.1 */
const isSet = ([name, value]: readonly [string, unknown]): boolean =>
  name === "data" ? value !== undefined : name !== "data_base64" && !isUnset(name, value);

function fromBase64(value: unknown): Uint8Array {
  // Buffer skips what is not base64; only what comes back the same was.
  const bytes = typeof value === "string" ? Buffer.from(value, "base64") : undefined;
  if (bytes === undefined || bytes.toString("base64") !== value)
    throw refusal("data", "data_base64", { must: "be base64 with padding (RFC 4648)", got: kindOf(value) });
  return new Uint8Array(bytes);
}
