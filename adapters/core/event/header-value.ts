import { Dead } from "../../../functions/kernel/outcome.ts";
import { checkAttribute, isUri, isUriReference } from "./attributes.ts";
import { refusal } from "./refusal.ts";

/** How a carrier writes attributes as headers. */
export interface HeaderCoding {
  /** out: what it says. throws: Dead `attribute` */
  toText(name: string, header: string): string;
  /** out: the attribute, checked. throws: Dead `attribute` */
  toAttribute(name: string, header: string): unknown;
}

const QUOTED = /^"(?:[^"\\]|\\.)*"$/;
const TO_ENCODE = /[^!#$&-~]/gu;

/**
 * Attribute value → HTTP header value.
 *
 * throws  Dead `attribute` for a lone surrogate, which UTF-8 cannot say
 * source  CloudEvents HTTP binding 1.0.2, section 3.1.3.2
 */
export function encodeHeader(name: string, value: unknown): string {
  const text = String(value);
  if (!text.isWellFormed()) throw refusal("attribute", name, { must: "have no lone surrogate", got: "one" });
  return text.replace(TO_ENCODE, encodeURIComponent);
}

/**
 * HTTP header value → attribute value: quotes and backslashes of older senders first, then one round of percent-decoding.
 *
 * throws  Dead `attribute`
 * source  CloudEvents HTTP binding 1.0.2, section 3.1.3.2
 */
function decodeHeader(name: string, value: string): string {
  if (!/^[\t -~]*$/.test(value))
    throw refusal("attribute", name, { must: "be percent-encoded ASCII as a header", got: "other characters" });
  const text = QUOTED.test(value) ? value.slice(1, -1).replace(/\\(.)/g, "$1") : value;
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw refusal("attribute", name, { must: "be percent-encoded UTF-8 as a header", got: "an invalid sequence" });
  }
}

/**
 * HTTP header value → attribute, checked. Of a URI, senders that do not encode header values leave the URI's own encoding:
 * where only the value as it came is one, that was meant.
 *
 * throws  Dead `attribute`
 */
function decodeAttribute(name: string, value: string): unknown {
  try {
    return checkAttribute(name, decodeHeader(name, value));
  } catch (error) {
    const isMeant = (name === "source" && isUriReference(value)) || (name === "dataschema" && isUri(value));
    if (error instanceof Dead && isMeant) return value;
    throw error;
  }
}

/** Percent-encoded. Whoever reads no HTTP has no need of it, and it is not in its bundle. */
export const HTTP_HEADERS: HeaderCoding = { toText: decodeHeader, toAttribute: decodeAttribute };
