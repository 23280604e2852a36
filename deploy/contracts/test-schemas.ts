import fc from "fast-check";
import type { Keywords, Schema } from "./keywords.ts";

type Pair = readonly [Schema, Schema];

/** What texts of rules mean, so that a validator that is not ours can hold them. */
export const RULES: Readonly<Record<string, (text: string) => boolean>> = {
  "is of even length": (text) => text.length % 2 === 0,
  "has an a": (text) => text.includes("a"),
};
const VALUES = [null, true, false, 0, 1, 2, -1, 1.5, "", "a", "ab", "bb", "aab", [], ["a"], [1, 2], {}, { a: 1 }];

const two = <Value>(of: fc.Arbitrary<Value>) =>
  fc.oneof(
    of.map((one) => [one, one] as const),
    fc.tuple(of, of),
  );
const maybe = <Value>(of: fc.Arbitrary<Value>) => fc.option(of, { nil: undefined, freq: 2 });
/** Some keywords, with what each may say before and after. */
const keywords = (all: Readonly<Record<string, fc.Arbitrary<unknown>>>, own: Keywords = {}): fc.Arbitrary<Pair> =>
  fc
    .record(Object.fromEntries(Object.entries(all).map(([name, of]) => [name, two(maybe(of))])))
    .map((pairs) => [toSchema(own, pairs, 0), toSchema(own, pairs, 1)]);

function toSchema(own: Keywords, pairs: Readonly<Record<string, readonly unknown[]>>, side: 0 | 1): Schema {
  const said = Object.entries(pairs).flatMap(([name, pair]) => (pair[side] === undefined ? [] : [[name, pair[side]]]));
  return { ...own, ...Object.fromEntries(said) };
}

const bound = fc.constantFrom(-1, 0, 0.5, 1, 2, 3);
const size = fc.integer({ min: 0, max: 3 });
const rules = fc.subarray(Object.keys(RULES), { minLength: 1 });
const range = { minimum: bound, maximum: bound, exclusiveMinimum: bound, exclusiveMaximum: bound };
const leaf = fc.oneof(
  keywords({ type: fc.constantFrom("integer", "number"), ...range, multipleOf: fc.constantFrom(1, 2, 0.5) }),
  keywords({ minimum: bound, maximum: bound }, { type: "integer" }),
  keywords(
    {
      minLength: size,
      maxLength: size,
      pattern: fc.constantFrom("^a", "b$"),
      "x-rules": rules,
      format: fc.constant("lower"),
    },
    { type: "string" },
  ),
  keywords(
    { allOf: fc.subarray([{ pattern: "^a" }, { pattern: "b$" }], { minLength: 1 }) },
    { type: "string", pattern: "a" },
  ),
  keywords({
    enum: fc.subarray(VALUES, { minLength: 1 }),
    "x-rules": rules,
    maximum: bound,
    maxLength: size,
    pattern: fc.constant("^a"),
  }),
  keywords({ const: fc.constantFrom("a", "b", 1) }),
  keywords({ type: fc.subarray(["string", "null", "integer", "number", "boolean", "object"], { minLength: 1 }) }),
  fc.constant<Pair>([true, true]),
);

const FIELDS = ["a", "b", "c"];
/** A schema as it was and as it is: mostly near each other. */
export const { pair } = fc.letrec<{ pair: Pair; list: Pair; object: Pair; union: Pair; other: Pair }>((tie) => ({
  pair: fc.oneof(
    { maxDepth: 2 },
    { arbitrary: leaf, weight: 3 },
    tie("list"),
    tie("object"),
    tie("union"),
    tie("other"),
  ),
  list: fc
    .tuple(keywords({ minItems: size, maxItems: size }, { type: "array" }), tie("pair"))
    .map(([[old, now], items]) => [
      { ...(old as Keywords), items: items[0] },
      { ...(now as Keywords), items: items[1] },
    ]),
  object: fc
    .record({
      parts: fc.tuple(...FIELDS.map(() => tie("pair"))),
      names: two(fc.subarray(FIELDS)),
      rest: keywords(
        {
          ...{
            required: fc.subarray(FIELDS, { maxLength: 2 }),
            minProperties: size,
            maxProperties: size,
            "x-rules": rules,
          },
          propertyNames: fc.constantFrom({ enum: ["a", "b"] }, { maxLength: 1 }),
        },
        { type: "object" },
      ),
      extra: two(maybe(fc.constantFrom<Schema>(false, false, true, { type: "integer" }, { type: "string" }))),
    })
    .map(
      ({ parts, names, rest, extra }) =>
        ([0, 1] as const).map((side) => {
          const properties = Object.fromEntries(
            names[side].map((name) => [name, (parts[FIELDS.indexOf(name)] as Pair)[side]]),
          );
          const additional = extra[side] === undefined ? {} : { additionalProperties: extra[side] };
          return { ...(rest[side] as Keywords), properties, ...additional };
        }) as unknown as Pair,
    ),
  union: fc
    .tuple(
      fc.constantFrom("anyOf", "oneOf"),
      fc.array(tie("pair"), { minLength: 2, maxLength: 3 }),
      size,
      keywords({ "x-rules": rules, minLength: size }),
    )
    .map(([keyword, members, left, rest]) => [
      { ...(rest[0] as Keywords), [keyword]: members.map(([old]) => old) },
      {
        ...(rest[1] as Keywords),
        [keyword]: members
          .map(([, now]) => now)
          .toSpliced(left, left === 3 ? 0 : 1)
          .concat(left === 3 ? [false] : []),
      },
    ]),
  other: fc.tuple(tie("pair"), tie("pair")).map(([[old], [, now]]) => [old, now]),
}));

/** Of what a schema takes, that which is written by it: no fields that it does not name, unless it says what they hold. */
export function closed(schema: Schema): Schema {
  if (typeof schema === "boolean") return schema;
  const { properties, items, anyOf, oneOf, additionalProperties, ...rest } = schema;
  const all = (members: unknown) => (members as readonly Schema[]).map(closed);
  return {
    ...rest,
    ...(items === undefined ? {} : { items: closed(items as Schema) }),
    ...(anyOf === undefined ? {} : { anyOf: all(anyOf) }),
    // Which one it is was decided by what it was before.
    ...(oneOf === undefined ? {} : { anyOf: all(oneOf) }),
    ...(additionalProperties === undefined ? {} : { additionalProperties }),
    ...(properties === undefined
      ? {}
      : {
          additionalProperties: (additionalProperties as Schema | undefined) ?? false,
          properties: Object.fromEntries(
            Object.entries(properties as Keywords).map(([name, part]) => [name, closed(part as Schema)]),
          ),
        }),
  };
}

const scalar = fc.constantFrom(...VALUES, "b", "A", "abb", 3, 0.5, 4);
export const { value: anything } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...FIELDS, "d"), tie("value"), { maxKeys: 3 }),
  ),
}));

/** Values near a schema, most of which it takes. */
export function near(schema: Schema): fc.Arbitrary<unknown> {
  if (typeof schema === "boolean") return anything;
  const { enum: listed, anyOf, oneOf, type, items, properties, required = [], additionalProperties: extra } = schema;
  const members = (anyOf ?? oneOf) as readonly Schema[] | undefined;
  if (members?.length) return fc.oneof(...members.map(near));
  if (Array.isArray(listed)) return fc.constantFrom(...listed);
  if (Object.hasOwn(schema, "const")) return fc.constant(schema.const);
  if (type === "array") return fc.array(near((items ?? true) as Schema), { maxLength: 3 });
  if (type !== "object") return scalar;
  const parts = Object.entries((properties ?? {}) as Readonly<Record<string, Schema>>).map(([name, part]) => [
    name,
    near(part),
  ]);
  const named = fc.record<Record<string, unknown>>(Object.fromEntries(parts), {
    requiredKeys: (required as string[]).filter((name) => Object.hasOwn((properties ?? {}) as object, name)),
  });
  if (extra === undefined || extra === false) return named;
  const others = fc.dictionary(fc.constantFrom("a", "c", "d"), near(extra as Schema), { maxKeys: 2 });
  return fc.tuple(others, named).map(([some, all]) => ({ ...some, ...(all as object) }));
}
