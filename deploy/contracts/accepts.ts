import { isDeepStrictEqual } from "node:util";
import { fieldsOf, type Keywords, kindOf, limitsOf, type Schema } from "./keywords.ts";

/** `undefined`: it cannot be told, for a rule that is only a text, or a keyword that is not known. */
type Answer = boolean | undefined;

const KNOWN = new Set([
  ...["type", "enum", "const", "anyOf", "allOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
  ...["multipleOf", "minLength", "maxLength", "pattern", "minItems", "maxItems", "items"],
  ...["properties", "required", "additionalProperties", "propertyNames", "minProperties", "maxProperties"],
]);

/** Whether a schema takes a value. in: bare */
export function accepts(schema: Schema, value: unknown): Answer {
  if (typeof schema === "boolean") return schema;
  const { type, enum: listed, anyOf, allOf = [] } = schema;
  return all([
    hasType(type, value),
    !Array.isArray(listed) || listed.some((one) => isDeepStrictEqual(one, value)),
    !Object.hasOwn(schema, "const") || isDeepStrictEqual(schema.const, value),
    isOneOf(anyOf, value),
    ...(allOf as readonly Schema[]).map((member) => accepts(member, value)),
    hasShape(schema, value),
    Object.keys(schema).every((keyword) => KNOWN.has(keyword)) ? true : undefined,
  ]);
}

function all(answers: readonly Answer[]): Answer {
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

function isOneOf(members: unknown, value: unknown): Answer {
  if (!Array.isArray(members)) return true;
  const answers = members.map((member) => accepts(member, value));
  if (answers.includes(true)) return true;
  return answers.includes(undefined) ? undefined : false;
}

function hasType(type: unknown, value: unknown): boolean {
  if (type === undefined) return true;
  const names: readonly unknown[] = Array.isArray(type) ? type : [type];
  return names.includes(kindOf(value)) || (names.includes("integer") && Number.isInteger(value));
}

function hasShape(schema: Keywords, value: unknown): Answer {
  const kind = kindOf(value);
  const { least, most } = limitsOf(schema, kind);
  const isWithin = (size: number) =>
    (least.isOpen ? size > least.value : size >= least.value) && (most.isOpen ? size < most.value : size <= most.value);
  if (typeof value === "number") return all([isWithin(value), isMultiple(value, schema.multipleOf)]);
  // In characters, as JSON Schema counts them.
  if (typeof value === "string") return all([isWithin([...value].length), matches(schema.pattern, value)]);
  if (Array.isArray(value)) return all([isWithin(value.length), ...itemsOf(schema.items, value)]);
  if (kind !== "object") return true;
  const fields = fieldsOf(schema);
  const entries = Object.entries(value as Keywords);
  const names = (schema.propertyNames ?? true) as Schema;
  return all([
    isWithin(entries.length),
    [...fields.required].every((name) => Object.hasOwn(value as object, name)),
    ...entries.flatMap(([name, part]) => [accepts(names, name), accepts(fields.partOf(name), part)]),
  ]);
}

function itemsOf(items: unknown, values: readonly unknown[]): readonly Answer[] {
  if (Array.isArray(items)) return [undefined];
  return values.map((value) => accepts((items ?? true) as Schema, value));
}

const isMultiple = (value: number, of: unknown) => of === undefined || Number.isInteger(value / (of as number));

function matches(pattern: unknown, value: string): Answer {
  if (pattern === undefined) return true;
  try {
    return new RegExp(pattern as string, "u").test(value);
  } catch {
    return undefined;
  }
}
