import { isDeepStrictEqual } from "node:util";
import { accepts } from "./accepts.ts";
import { closed, fieldsOf, type Keywords, type Kind, kindOf, type Limits, limitsOf, type Schema } from "./keywords.ts";

/** All values of one kind within what keywords say. rules: texts of what is compared by its text alone */
export interface Typed {
  readonly is: "typed";
  readonly kind: Kind;
  readonly keywords: Keywords;
  readonly rules: readonly string[];
}

/** Some values, all of one kind. */
export interface Listed {
  readonly is: "listed";
  readonly kind: Kind;
  readonly values: readonly unknown[];
  readonly rules: readonly string[];
}

/** Nobody knows what, for a keyword that is not understood here, or one that would have to be said twice. */
interface Unclear {
  readonly is: "unclear";
  readonly keyword: string;
}

/** A part of what a schema takes. */
export type Branch = Typed | Listed | Unclear;

const KINDS: readonly Kind[] = ["null", "boolean", "number", "string", "array", "object"];
/** What is said of one kind is no matter to another. */
const OF_KIND: Readonly<Record<Kind, readonly string[]>> = {
  null: [],
  boolean: [],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  string: ["minLength", "maxLength"],
  array: ["minItems", "maxItems", "items"],
  object: ["properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties"],
};
const BY_TEXT = ["pattern", "format", "contentEncoding"];
const KNOWN = new Set(["type", "enum", "const", "x-rules", "patterns", ...BY_TEXT, ...Object.values(OF_KIND).flat()]);

/** What a schema takes, in branches none of which is known to be empty. in: bare */
export function toBranches(schema: Schema): readonly Branch[] {
  if (typeof schema === "boolean") return schema ? ofKeywords({}) : [];
  const { anyOf, oneOf, allOf, not, $defs: _, ...rest } = schema;
  if (not !== undefined) return isAnything(not as Schema) ? [] : [unclear("not")];
  if (anyOf !== undefined && oneOf !== undefined) return [unclear("oneOf")];
  let all: Keywords | string = rest;
  for (const member of (allOf ?? []) as readonly Schema[]) all = typeof all === "string" ? all : merge(all, member);
  if (typeof all === "string") return [unclear(all)];
  const outer = all;
  const members = (anyOf ?? oneOf) as readonly Schema[] | undefined;
  if (members === undefined) return ofKeywords(outer);
  const parts = members.map((member) => {
    const merged = merge(outer, member);
    return typeof merged === "string" ? [unclear(merged)] : toBranches(merged);
  });
  return oneOf === undefined || areApart(parts) ? parts.flat() : [unclear("oneOf")];
}

const unclear = (keyword: string): Unclear => ({ is: "unclear", keyword });
const isAnything = (schema: Schema) => schema === true || isDeepStrictEqual(schema, {});

function ofKeywords(schema: Keywords): readonly Branch[] {
  const stranger = Object.keys(schema).find((keyword) => !KNOWN.has(keyword));
  if (stranger !== undefined) return [unclear(stranger)];
  if (Array.isArray(schema.items)) return [unclear("items, one by one")];
  const { enum: listed, const: only, "x-rules": rules = [], patterns = [], ...rest } = schema;
  if (listed !== undefined || Object.hasOwn(schema, "const")) {
    const { format: _, contentEncoding: __, ...told } = rest;
    const all = { ...told, allOf: (patterns as readonly string[]).map((pattern) => ({ pattern })) };
    const values = ((listed ?? [only]) as readonly unknown[]).filter(
      (value) => !Object.hasOwn(schema, "const") || isDeepStrictEqual(value, only),
    );
    const answers = new Map(values.map((value) => [value, accepts(all, value)]));
    if ([...answers.values()].includes(undefined)) return [unclear("enum")];
    const taken = values.filter((value) => answers.get(value));
    return [...Map.groupBy(taken, kindOf)].map(([kind, values]) => {
      return { is: "listed", kind, values, rules: rulesOf(kind, schema) };
    });
  }
  return kindsOf(schema.type).flatMap((kind): readonly Branch[] => {
    if (kind === "null") return [{ is: "listed", kind, values: [null], rules: rules as readonly string[] }];
    if (kind === "boolean") return [{ is: "listed", kind, values: [true, false], rules: rules as readonly string[] }];
    const own = OF_KIND[kind].filter((keyword) => rest[keyword] !== undefined);
    const integer =
      kind === "number" && !namesOf(schema.type).includes("number") ? { type: "integer" } : { type: kind };
    const keywords: Keywords = { ...integer, ...Object.fromEntries(own.map((keyword) => [keyword, rest[keyword]])) };
    const typed: Typed = { is: "typed", kind, keywords, rules: rulesOf(kind, schema) };
    return isEmpty(typed) ? [] : [typed];
  });
}

function rulesOf(kind: Kind, { patterns = [], "x-rules": rules = [], ...schema }: Keywords): readonly string[] {
  const texts = kind === "string" ? BY_TEXT.filter((keyword) => schema[keyword] !== undefined) : [];
  return [
    ...(rules as readonly string[]),
    ...texts.map((keyword) => `${keyword} ${schema[keyword]}`),
    ...(kind === "string" ? (patterns as readonly string[]).map((pattern) => `pattern ${pattern}`) : []),
  ];
}

const namesOf = (type: unknown): readonly unknown[] =>
  type === undefined ? KINDS : Array.isArray(type) ? type : [type];

function kindsOf(type: unknown): readonly Kind[] {
  const names = namesOf(type);
  return KINDS.filter((kind) => names.includes(kind) || (kind === "number" && names.includes("integer")));
}

/** As `limitsOf`, as narrow as is known. */
export function narrowLimitsOf({ kind, keywords }: Typed): Limits {
  const { least, most } = limitsOf(keywords, kind);
  if (kind === "object") {
    const { required, extra, names } = fieldsOf(keywords);
    const isOpen = extra !== undefined && extra !== false;
    return {
      least: closed(Math.max(least.value, required.size)),
      most: closed(isOpen ? most.value : Math.min(most.value, names.size)),
    };
  }
  if (keywords.type !== "integer") return { least, most };
  // The next whole number: 0 < n is 1 <= n.
  return {
    least: closed(least.isOpen ? Math.floor(least.value) + 1 : Math.ceil(least.value)),
    most: closed(most.isOpen ? Math.ceil(most.value) - 1 : Math.floor(most.value)),
  };
}

function isEmpty(branch: Typed): boolean {
  const { least, most } = limitsOf(branch.keywords, branch.kind);
  if (least.value > most.value || (least.value === most.value && (least.isOpen || most.isOpen))) return true;
  if (branch.kind !== "object") return false;
  const { required, partOf } = fieldsOf(branch.keywords);
  return [...required].some((name) => toBranches(partOf(name)).length === 0);
}

/** No value is in two of them. */
function areApart(parts: readonly (readonly Branch[])[]): boolean {
  return parts.every((one, at) =>
    parts.slice(at + 1).every((other) => one.every((each) => other.every((another) => isApart(each, another)))),
  );
}

function isApart(one: Branch, other: Branch): boolean {
  if (one.is === "unclear" || other.is === "unclear") return false;
  if (one.kind !== other.kind) return true;
  if (one.is === "listed" && other.is === "listed")
    return !one.values.some((value) => other.values.some((another) => isDeepStrictEqual(value, another)));
  if (one.is !== "typed" || other.is !== "typed" || one.kind !== "object") return false;
  const [a, b] = [fieldsOf(one.keywords), fieldsOf(other.keywords)];
  return [...a.required].some(
    (name) => b.required.has(name) && areApart([toBranches(a.partOf(name)), toBranches(b.partOf(name))]),
  );
}

/** What else there is in an object is told by these together. */
const SHAPE = ["properties", "additionalProperties"];
const LOWEST = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];
const HIGHEST = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];

/** What holds where both hold. out: the keyword that would have to be said twice, where there is one */
function merge(one: Keywords, other: Schema): Keywords | string {
  if (typeof other === "boolean") return other ? one : { ...one, not: {} };
  const shape = SHAPE.find((keyword) => keyword in one);
  if (shape !== undefined && SHAPE.some((keyword) => keyword in other)) return shape;
  const merged: Record<string, unknown> = { ...one };
  for (const [keyword, value] of Object.entries(other)) {
    const before = merged[keyword];
    if (!(keyword in merged) || isDeepStrictEqual(before, value)) merged[keyword] = value;
    else if (LOWEST.includes(keyword)) merged[keyword] = Math.min(before as number, value as number);
    else if (HIGHEST.includes(keyword)) merged[keyword] = Math.max(before as number, value as number);
    else if (["required", "x-rules", "patterns"].includes(keyword))
      merged[keyword] = [...new Set([...(before as readonly string[]), ...(value as readonly string[])])];
    else if (keyword === "pattern") merged.patterns = [...((merged.patterns ?? []) as readonly unknown[]), value];
    else return keyword;
  }
  return merged;
}
