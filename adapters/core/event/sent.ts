import { Dead } from "../../../functions/kernel/outcome.ts";
import { aboutBody, aboutValue } from "./about.ts";

/**
 * The event that was published inside of an envelope of Dapr's.
 *
 * in      data as decoded: an object, JSON text, or bytes
 * out     the object, or the bytes of the JSON text
 * throws  Dead `type` where there is none: then nobody knows what was meant
 */
export function insideOf(data: unknown): object | Uint8Array {
  const bytes = typeof data === "string" ? Buffer.from(data) : data;
  const { specversion } = bytes instanceof Uint8Array ? aboutBody(bytes) : aboutValue(bytes);
  if (specversion === undefined) throw untyped();
  return bytes as object;
}

export const untyped = (): Dead =>
  new Dead("type", "published without a type: say application/cloudevents+json, or metadata cloudevent.type");
