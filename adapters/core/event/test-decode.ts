import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { decodeElement } from "./decode.ts";
import { stringifyJson } from "./json.ts";

/** For tests: a parsed event as it is decoded. throws: Dead */
export function parseEvent(value: unknown): CloudEvent {
  const decoded = decodeElement(value, { textOf: () => stringifyJson(value) ?? "", bytes: 0 });
  if ("refused" in decoded) throw decoded.refused;
  return decoded.event;
}
