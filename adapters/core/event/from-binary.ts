import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { checkAttribute, checkRequired, isUnset } from "./attributes.ts";
import { fromBytes, fromUnlabelled } from "./data.ts";
import type { Message } from "./decode.ts";
import { isSameMediaType } from "./media-type.ts";
import { quote, type RefusalCode, refusal } from "./refusal.ts";

export interface BinaryOptions {
  readonly names: readonly string[];
  readonly contentType: string | undefined;
  readonly maxBytes: number;
}

/**
 * A message in binary mode → its event, and how many bytes it came in, its headers among them.
 *
 * throws  Dead
 * source  CloudEvents HTTP binding 1.0.2, section 3.1
 */
export function fromBinary(
  { headers, body, coding }: Message,
  { names, contentType, maxBytes }: BinaryOptions,
): { readonly event: CloudEvent; readonly bytes: number } {
  const event: Record<string, unknown> = {};
  let bytes = body.byteLength + (contentType?.length ?? 0);
  let datacontenttype = contentType;
  for (const header of names) {
    const name = header.slice("ce-".length);
    const value = single(headers[header], { name, code: "attribute" });
    bytes += header.length + value.length;
    requireSize("headers and body", { bytes, maxBytes });
    if (isUnset(name, value)) continue;
    if (name !== "datacontenttype") event[name] = (coding?.toAttribute ?? checkAttribute)(name, value);
    else if (contentType === undefined) datacontenttype = value;
    else if (!isSameMediaType(value, contentType))
      throw refusal("attribute", name, { must: "be the content-type header", got: "another ce-datacontenttype" });
  }
  if (datacontenttype !== undefined) event.datacontenttype = checkAttribute("datacontenttype", datacontenttype);
  checkRequired(event);
  if (body.byteLength > 0)
    event.data = datacontenttype === undefined ? fromUnlabelled(body) : fromBytes(body, datacontenttype, "body");
  return { event: event as unknown as CloudEvent, bytes };
}

/** throws: Dead for a header that is there twice */
export function single(
  value: string | readonly string[] | undefined,
  { name, code }: { readonly name: string; readonly code: RefusalCode },
): string {
  if (typeof value === "string") return value;
  if (value === undefined || value.length === 0) return "";
  if (value.length === 1) return value[0] ?? "";
  throw refusal(code, quote(name), { must: "be one header", got: `${value.length}` });
}

/** throws: Dead `size` */
export function requireSize(
  part: string,
  { bytes, maxBytes }: { readonly bytes: number; readonly maxBytes: number },
): void {
  if (bytes > maxBytes) throw refusal("size", part, { must: `have at most ${maxBytes} bytes`, got: `${bytes}` });
}
