/** A JSON Schema, or a part of one. */
export type Schema = boolean | Keywords;
export type Keywords = { readonly [keyword: string]: unknown };
export type Kind = "null" | "boolean" | "number" | "string" | "array" | "object";

export function kindOf(value: unknown): Kind {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : (typeof value as Kind);
}

/** Say nothing about which values are taken. */
const ANNOTATION =
  /^(title|description|default|examples|deprecated|readOnly|writeOnly|\$schema|\$id|\$comment|x-(?!rules$).*)$/;

/** A schema without what says nothing about values, in it and in its parts. */
export function bare(schema: Schema): Schema {
  if (typeof schema === "boolean") return schema;
  const entries = Object.entries(schema).filter(([keyword]) => !ANNOTATION.test(keyword));
  return Object.fromEntries(entries.map(([keyword, value]) => [keyword, barePart(keyword, value)]));
}

/** Only where schemas stand: a field may be called `title`, and a value of an enum may have one. */
function barePart(keyword: string, value: unknown): unknown {
  if (["anyOf", "oneOf", "allOf"].includes(keyword) || (keyword === "items" && Array.isArray(value)))
    return (value as readonly Schema[]).map(bare);
  if (["items", "additionalItems", "additionalProperties", "propertyNames", "not"].includes(keyword))
    return bare(value as Schema);
  if (keyword !== "properties" && keyword !== "$defs") return value;
  return Object.fromEntries(Object.entries(value as Keywords).map(([name, part]) => [name, bare(part as Schema)]));
}

export interface Limit {
  readonly value: number;
  /** It lies outside itself. */
  readonly isOpen: boolean;
}

export interface Limits {
  readonly least: Limit;
  readonly most: Limit;
}

const SIZES: Readonly<Partial<Record<Kind, readonly [string, string]>>> = {
  string: ["minLength", "maxLength"],
  array: ["minItems", "maxItems"],
  object: ["minProperties", "maxProperties"],
};

/** Between which a number lies, or the length of a text, the number of items, of fields. */
export function limitsOf(keywords: Keywords, kind: Kind): Limits {
  const numberOf = (keyword: string, otherwise: number) => (keywords[keyword] as number | undefined) ?? otherwise;
  const [from, to] = SIZES[kind] ?? [];
  if (from !== undefined && to !== undefined)
    return { least: closed(numberOf(from, 0)), most: closed(numberOf(to, Infinity)) };
  const [least, above] = [numberOf("minimum", -Infinity), numberOf("exclusiveMinimum", -Infinity)];
  const [most, below] = [numberOf("maximum", Infinity), numberOf("exclusiveMaximum", Infinity)];
  return {
    least: above > -Infinity && above >= least ? { value: above, isOpen: true } : closed(least),
    most: below < Infinity && below <= most ? { value: below, isOpen: true } : closed(most),
  };
}

export const closed = (value: number): Limit => ({ value, isOpen: false });

/**
 * The fields of an object.
 *
 * extra  what fields may hold that are not named. `undefined`: anything, and whoever writes by the schema writes none
 */
export interface Fields {
  readonly names: ReadonlySet<string>;
  readonly required: ReadonlySet<string>;
  readonly extra: Schema | undefined;
  partOf(name: string): Schema;
}

export function fieldsOf(keywords: Keywords): Fields {
  const properties = (keywords.properties ?? {}) as Readonly<Record<string, Schema>>;
  const required = new Set((keywords.required ?? []) as readonly string[]);
  // What names no field at all is about no object in particular.
  const otherwise = keywords.properties === undefined ? true : undefined;
  const extra = (keywords.additionalProperties ?? otherwise) as Schema | undefined;
  return {
    names: new Set([...Object.keys(properties), ...required]),
    required,
    extra,
    partOf: (name) => (Object.hasOwn(properties, name) ? (properties[name] as Schema) : (extra ?? true)),
  };
}
