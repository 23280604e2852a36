import { forbidden } from "./forbidden.ts";
import { isMediaType } from "./media-type.ts";
import { kindOf, quote, refusal } from "./refusal.ts";
import { isTimestamp } from "./timestamp.ts";

/** The specification asks for at most 20 characters; this is where patience ends. */
const MAX_NAME = 64;
const NAME = /^[a-z0-9]+$/;

// Each part is one character class: an alternation would keep a way back for every character of a long value.
const PCHAR = "\\w.~!$&'()*+,;=:@%-";
const PERCENT = "(?!.*%(?![0-9A-Fa-f]{2}))";
const AUTHORITY = `(?://[${PCHAR}]*(?:\\[[0-9A-Za-z.:_-]+\\](?::\\d*)?)?(?=[/?#]|$))?`;
const REST = `${AUTHORITY}[${PCHAR}/]*(?:\\?[${PCHAR}/?]*)?(?:#[${PCHAR}/?]*)?$`;
const URI = new RegExp(`^${PERCENT}[A-Za-z][A-Za-z0-9+.-]*:${REST}`);
const URI_REFERENCE = new RegExp(`^${PERCENT}(?:[A-Za-z][A-Za-z0-9+.-]*:|(?![^/?#]*:))${REST}`);

/** source: RFC 3986, section 3 */
export const isUri = (text: string): boolean => URI.test(text);
/** source: RFC 3986, section 4.1 */
export const isUriReference = (text: string): boolean => URI_REFERENCE.test(text);

/**
 * Checks one context attribute.
 *
 * in      a value other than null and undefined, which say unset; isPlain: none of its characters can be forbidden
 * out     the value as it is
 * throws  Dead `attribute`
 * source  CloudEvents 1.0.2, "Naming Conventions", "Type System", "Context Attributes"
 */
export function checkAttribute(name: string, value: unknown, isPlain = false): unknown {
  let must: string;
  switch (name) {
    case "specversion":
      if (value === "1.0") return value;
      must = 'be "1.0"';
      break;
    case "id":
    case "type":
    case "subject":
      return checkText(name, value, isPlain);
    case "source":
      if (isUriReference(checkText(name, value, isPlain))) return value;
      must = "be a URI reference (RFC 3986)";
      break;
    case "dataschema":
      if (isUri(checkText(name, value, isPlain))) return value;
      must = "be an absolute URI (RFC 3986)";
      break;
    case "time":
      if (isTimestamp(checkText(name, value, isPlain))) return value;
      must = "be a timestamp (RFC 3339)";
      break;
    case "datacontenttype":
      if (value === "application/json") return value;
      // A tab may stand where a blank may.
      if (isMediaType(checkText(name, typeof value === "string" ? value.replaceAll("\t", " ") : value, isPlain)))
        return value;
      must = "be a media type (RFC 2045)";
      break;
    default:
      return checkExtension(name, value, isPlain);
  }
  throw refusal("attribute", name, { must, got: quote(value) });
}

const OPTIONAL: ReadonlySet<string> = new Set(["subject", "time", "dataschema", "datacontenttype"]);

/**
 * Whether a member of an envelope says that its attribute is not there: null does, and so does an empty text where only
 * something else would be allowed, as senders write it that know no null.
 *
 * source  CloudEvents JSON format 1.0.2, section 2.2
 */
export const isUnset = (name: string, value: unknown): boolean =>
  value === null || value === undefined || (value === "" && OPTIONAL.has(name));

/**
 * What tells an event from other JSON: asked first, since all other names mean something else where it is missing.
 *
 * throws  Dead `attribute`
 */
export function requireSpecversion(event: Readonly<Record<string, unknown>>): void {
  if (event.specversion !== undefined && event.specversion !== null) return;
  throw refusal("attribute", "specversion", { must: "be set, without it this is no CloudEvent", got: "nothing" });
}

/** throws: Dead `attribute` for the first of specversion, id, source, type that is missing */
export function checkRequired(event: Readonly<Record<string, unknown>>): void {
  requireSpecversion(event);
  const { id = null, source = null, type = null } = event;
  if (id === null) throw missing("id");
  if (source === null) throw missing("source");
  if (type === null) throw missing("type");
}

const missing = (name: string): Error => refusal("attribute", name, { must: "be set", got: "nothing" });

function checkText(name: string, value: unknown, isPlain: boolean): string {
  if (typeof value !== "string" || value === "")
    throw refusal("attribute", name, { must: "be a non-empty string", got: kindOf(value) });
  if (!isPlain) checkCharacters(name, value);
  return value;
}

/** What sidecars and we ourselves add. */
const USUAL = new Set(
  "correlationid causationid traceparent tracestate traceid pubsubname topic expiration partitionkey".split(" "),
);

function checkExtension(name: string, value: unknown, isPlain: boolean): unknown {
  if (!USUAL.has(name) && (!NAME.test(name) || name.length > MAX_NAME || name === "data"))
    throw refusal("attribute", quote(name), {
      must: `have a name of 1 to ${MAX_NAME} characters a-z and 0-9, other than data`,
      got: name === "" ? "an empty one" : "another one",
    });
  if (typeof value === "string") {
    if (!isPlain) checkCharacters(name, value);
  } else if (typeof value === "number" ? (value | 0) !== value : typeof value !== "boolean")
    throw refusal("attribute", name, {
      must: "be a string, a boolean or an integer of 32 bits",
      got: typeof value === "number" ? "another number" : kindOf(value),
    });
  return value;
}

function checkCharacters(name: string, value: string): void {
  const character = value.match(forbidden())?.[0];
  if (character === undefined) return;
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  throw refusal("attribute", name, { must: "have no control, noncharacter or lone surrogate", got: `U+${code}` });
}
