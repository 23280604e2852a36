import { isAscii } from "node:buffer";
import { kindOf, refusal } from "./refusal.ts";

/** Levels that data may be nested; JSON.stringify itself overflows the stack at some thousands. */
const MAX_DEPTH = 64;

// The library types know neither the source text of a revived number nor raw JSON (both in Node ≥ 22).
type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
const { parse, rawJSON } = JSON as unknown as {
  parse(text: string, reviver?: Reviver): unknown;
  rawJSON(text: string): unknown;
};

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Arrays as well. */
export const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** throws: Dead `utf8` */
export function toText(bytes: Uint8Array, part = "body"): string {
  const text = textIn(bytes);
  if (text === undefined) throw refusal("utf8", part, { must: "be UTF-8", got: "other bytes" });
  return text;
}

/** out: undefined for bytes that are not UTF-8 */
export function textIn(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Whether all strings of JSON are printable ASCII, as mostly: a JSON parser refuses control characters that are not escaped,
 * but DEL. Tells much faster than looking into every string.
 *
 * in  the text, and the bytes that it was
 */
export const isPlain = (text: string, bytes: Uint8Array): boolean =>
  isAscii(bytes) && !text.includes("\\") && !text.includes("\x7f");

/**
 * JSON text → value; of duplicate members the last wins, numbers are doubles. Whitespace around it is JSON's own, and one
 * leading byte order mark is ignored, as RFC 8259 permits: refusing it would lose an event for three harmless bytes.
 *
 * throws  Dead `json`
 * source  RFC 8259, sections 2, 4 and 8.1
 */
export function parseJson(text: string, part = "body"): unknown {
  try {
    return parse(withoutMark(text));
  } catch {
    // V8's own message quotes the text.
    throw refusal("json", part, { must: "be JSON", got: text === "" ? "nothing" : "other text" });
  }
}

const withoutMark = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);

/**
 * Like parseJson, with integers beyond 2^53 - 1 exact, as bigint. Several times slower, and only for what `inspect` has
 * passed: the reviver recurses.
 */
export function parseExactJson(text: string): unknown {
  return parse(withoutMark(text), (_key, value, { source }) =>
    typeof value === "number" && !isExact(value) && source !== undefined && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value,
  );
}

/**
 * Looks through parsed JSON for what must not go further.
 *
 * out     whether all integers are exact; if not, `parseExactJson` has them
 * throws  Dead `depth`, `prototype`, `data` (a number that overflowed)
 */
export const inspect = (value: unknown, part: string): boolean => inspectMember(value, part, MAX_DEPTH + 1);

function inspectLevel(value: unknown, part: string, levels: number): boolean {
  if (!isObject(value)) return true;
  if (levels === 0)
    throw refusal("depth", part, { must: `be nested at most ${MAX_DEPTH} levels deep`, got: "a deeper one" });
  let exact = true;
  // Arrays apart: for…in makes a string of every index, which is eight times slower.
  if (Array.isArray(value)) {
    for (const member of value) exact = inspectMember(member, part, levels) && exact;
    return exact;
  }
  const members = value as Readonly<Record<string, unknown>>;
  for (const name in members) {
    const member = members[name];
    if (name === "__proto__" || (name === "constructor" && hasPrototype(member))) throw pollution(part, name);
    exact = inspectMember(member, part, levels) && exact;
  }
  return exact;
}

function inspectMember(member: unknown, part: string, levels: number): boolean {
  if (typeof member === "number") return inspectNumber(member, part);
  return typeof member === "object" ? inspectLevel(member, part, levels - 1) : true;
}

function inspectNumber(value: number, part: string): boolean {
  if (isExact(value)) return true;
  if (Number.isFinite(value)) return false;
  throw refusal("data", part, { must: "hold numbers within the range of a double", got: "a larger one" });
}

const isExact = (value: number): boolean => Math.abs(value) <= Number.MAX_SAFE_INTEGER;

/** Whether the member `constructor` would reach a prototype when objects are merged. */
export const hasPrototype = (member: unknown): boolean => isObject(member) && Object.hasOwn(member, "prototype");

export function pollution(part: string, name: string): Error {
  const member = name === "__proto__" ? name : "constructor.prototype";
  return refusal("prototype", part, { must: "have no member that reaches a prototype", got: member });
}

/** Value → JSON text, bigints as integers. throws: TypeError for what JSON cannot say */
export function stringifyJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // A replacer on every value would cost three times as much, and bigints are rare.
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, (_key, member: unknown) =>
      typeof member === "bigint" ? rawJSON(String(member)) : member,
    );
  }
}

/** throws: Dead `json` */
export function toObject(value: unknown, part: string): Readonly<Record<string, unknown>> {
  if (isObject(value) && !Array.isArray(value)) return value as Record<string, unknown>;
  throw refusal("json", part, { must: "be a JSON object", got: kindOf(value) });
}
