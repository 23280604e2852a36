import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { asBuffer } from "./as-buffer.ts";
import type { Message } from "./decode.ts";
import { encodeHeader } from "./header-value.ts";
import { stringifyJson } from "./json.ts";
import { essenceOf, isJson, isUtf8 } from "./media-type.ts";
import { kindOf, quote, refusal } from "./refusal.ts";

/**
 * Event → JSON text of structured mode (application/cloudevents+json): bytes as data_base64, bigints as integers.
 *
 * throws  TypeError for data that JSON cannot say (a cycle)
 * source  CloudEvents JSON format 1.0.2, section 3.1.1
 */
export const encodeStructured = (event: CloudEvent): string => stringifyJson(toEnvelope(event));

/** Events → JSON text of a batch (application/cloudevents-batch+json). source: CloudEvents JSON format 1.0.2, section 4 */
export const encodeBatch = (events: readonly CloudEvent[]): string => stringifyJson(events.map(toEnvelope));

/**
 * Event → message of binary mode. JSON data without a datacontenttype gets application/json. HTTP cannot tell empty text or
 * no bytes from no data, nor a boolean or an integer from its text: these come back as the latter.
 *
 * throws  Dead `data` for data that its datacontenttype cannot say, Dead `attribute` for a lone surrogate
 * source  CloudEvents HTTP binding 1.0.2, section 3.1; JSON format 1.0.2, section 3.1.2
 */
export function encodeBinary(event: CloudEvent): Message {
  const { data, datacontenttype, ...attributes } = event;
  const isBytes = data instanceof Uint8Array;
  const contentType = datacontenttype ?? (data === undefined || isBytes ? undefined : "application/json");
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) headers[`ce-${name}`] = encodeHeader(name, value);
  }
  if (contentType !== undefined) headers["content-type"] = contentType;
  return { headers, body: isBytes ? data : Buffer.from(toBody(data, contentType)) };
}

function toBody(data: unknown, contentType = ""): string {
  if (data === undefined) return "";
  if (isJson(essenceOf(contentType))) return stringifyJson(data);
  if (typeof data === "string" && data.isWellFormed() && isUtf8(contentType)) return data;
  throw refusal("data", "data", {
    must: `be bytes or UTF-8 text for ${quote(contentType)}`,
    got: typeof data === "string" ? "other text" : kindOf(data),
  });
}

function toEnvelope(event: CloudEvent): unknown {
  const { data } = event;
  if (!(data instanceof Uint8Array)) return event;
  return { ...event, data: undefined, data_base64: asBuffer(data).toString("base64") };
}
