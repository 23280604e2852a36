import { isAscii } from "node:buffer";
import { requireUtf8 } from "./content-type.ts";
import { inspect, parseExactJson, parseJson, textIn, toText } from "./json.ts";
import { essenceOf, isJson, isText, isUtf8 } from "./media-type.ts";

/**
 * Data as a handler sees it, from the bytes that it was sent as: the body of binary mode, or what data_base64 holds. What
 * is JSON by its type is its value; text or XML is a string if the bytes are UTF-8; anything else is bytes.
 *
 * in      contentType: undefined only where nothing says that it is JSON
 * throws  Dead `json`, `utf8`, `content-type` for what is JSON by its type and cannot be read; `depth`, `prototype`, `data`
 * source  CloudEvents HTTP binding 1.0.2, section 3.1.1; JSON format 1.0.3-wip, section 3.1.2
 */
export function fromBytes(bytes: Uint8Array, contentType: string | undefined, part: string): unknown {
  const essence = contentType === undefined ? "" : essenceOf(contentType);
  if (isJson(essence)) {
    requireUtf8(contentType);
    return parseData(toText(bytes, part), part);
  }
  if (contentType !== undefined && isText(essence) && (isUtf8(contentType) || (isAscii(bytes) && !bytes.includes(0)))) {
    const text = textIn(bytes);
    if (text !== undefined) return text;
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The same for a body whose sender did not say what it is: JSON if it parses and may go further, else bytes. Never throws.
 *
 * source  RFC 9110, section 8.3
 */
export function fromUnlabelled(bytes: Uint8Array): unknown {
  try {
    return fromBytes(bytes, "application/json", "body");
  } catch {
    return fromBytes(bytes, undefined, "body");
  }
}

/** A string beside a type that is neither JSON nor text stands for its bytes. */
export function isBytesAsText(data: unknown, contentType: unknown): data is string {
  if (typeof data !== "string" || typeof contentType !== "string" || contentType === "") return false;
  const essence = essenceOf(contentType);
  return !isJson(essence) && !isText(essence) && data.isWellFormed();
}

function parseData(text: string, part: string): unknown {
  const value = parseJson(text, part);
  return inspect(value, "data") ? value : parseExactJson(text);
}
