import type { StandardSchemaV1 } from "@standard-schema/spec";
import { Ajv } from "ajv";
import * as v from "valibot";
import { expect, it } from "vitest";
import { catalogue } from "../../functions/events/index.ts";
import { defineEvent, type EventType } from "../../functions/kernel/define.ts";
import { samples } from "../second/samples.ts";
import { type JsonSchema, schemaOf } from "./json-schema.ts";

const TYPE = "com.example.ticket.sold.v1";
const schemaFor = (data: StandardSchemaV1) => schemaOf(defineEvent({ type: TYPE, data, subject: () => "t-1" }));
const named = <Value>(rule: string) => v.check<Value, string>(() => true, `must satisfy ${rule}`);

interface Tree {
  readonly name: string;
  readonly children: readonly Tree[];
}
const tree: v.GenericSchema<Tree> = v.object({
  name: v.pipe(v.string(), named("min length >=1")),
  children: v.array(v.lazy(() => tree)),
});
const TREE: JsonSchema = {
  type: "object",
  properties: { name: { type: "string", minLength: 1 }, children: { type: "array", items: { $ref: "#/$defs/0" } } },
  required: ["name", "children"],
};

it.each<readonly [string, StandardSchemaV1, JsonSchema]>([
  [
    "a check named for the length of a text",
    v.pipe(v.string(), named("min length >=1"), named("max length <=100")),
    { type: "string", minLength: 1, maxLength: 100 },
  ],
  [
    "a check named for the length of a list",
    v.pipe(v.array(v.string()), named("min length >=1"), named("max length <=9")),
    { type: "array", items: { type: "string" }, minItems: 1, maxItems: 9 },
  ],
  [
    "checks named for what a number must be",
    v.pipe(v.number(), named("safe integer"), named("min value >=-1"), named("max value <=10")),
    { type: "integer", minimum: -1, maximum: 10 },
  ],
  [
    "a check named for a bound that is no integer",
    v.pipe(v.number(), named("gt value >0.5")),
    { type: "number", exclusiveMinimum: 0.5 },
  ],
  ["a check named for a pattern", v.pipe(v.string(), named("regex /^a\\/b$/")), { type: "string", pattern: "^a\\/b$" }],
  [
    "two patterns",
    v.pipe(v.string(), v.regex(/^a/), named("regex /b$/")),
    { type: "string", pattern: "^a", allOf: [{ pattern: "b$" }] },
  ],
  [
    "a pattern whose flags JSON Schema has no words for",
    v.pipe(v.string(), v.regex(/^a$/i)),
    { type: "string", "x-rules": ["must satisfy regex /^a$/i"] },
  ],
  [
    "a pattern that is none where it is read as Unicode",
    v.pipe(v.string(), named("regex /^[\\w-.]$/")),
    { type: "string", "x-rules": ["must satisfy regex /^[\\w-.]$/"] },
  ],
  [
    "rules that JSON Schema has no words for, in their order",
    v.pipe(
      v.object({ a: v.number() }),
      named("a thing"),
      v.check(() => true),
    ),
    {
      type: "object",
      properties: { a: { type: "number" } },
      required: ["a"],
      "x-rules": ["must satisfy a thing", "must satisfy check"],
    },
  ],
  [
    "a change of the value: what comes later is not about what a sender writes",
    v.pipe(v.string(), v.maxLength(9), v.transform(Number), v.number(), v.maxValue(5), v.metadata({ personal: true })),
    {
      type: "string",
      maxLength: 9,
      "x-rules": ["is changed by transform", "then must be number", "then must satisfy max value <=5"],
      "x-personal": true,
    },
  ],
  [
    "pipes in pipes, and marks that only types know",
    v.pipe(v.pipe(v.string(), v.brand("Name")), v.readonly(), v.minLength(2)),
    { type: "string", minLength: 2 },
  ],
  [
    "what may be left out, and what then stands for it",
    v.object({ a: v.optional(v.string(), "x"), b: v.exactOptional(v.number()), c: v.nullish(v.boolean()) }),
    {
      type: "object",
      properties: {
        a: { type: "string", default: "x" },
        b: { type: "number" },
        c: { anyOf: [{ type: "boolean" }, { type: "null" }] },
      },
      required: [],
    },
  ],
  [
    "a default that is made anew each time: not said",
    v.object({ id: v.optional(v.string(), () => crypto.randomUUID()) }),
    { type: "object", properties: { id: { type: "string" } }, required: [] },
  ],
  [
    "what else is said of a value: under a name of ours, so that it is no keyword",
    v.pipe(v.string(), v.metadata({ type: "odd", title: "Name" }), v.description("of a person")),
    { type: "string", title: "Name", "x-type": "odd", description: "of a person" } as JsonSchema,
  ],
  [
    "fields that are not known: refused by strict objects alone",
    v.tuple([v.strictObject({}), v.pipe(v.looseObject({}), named("min entries >=1"))]),
    {
      type: "array",
      items: [
        { type: "object", properties: {}, required: [], additionalProperties: false },
        { type: "object", properties: {}, required: [], minProperties: 1 },
      ],
      minItems: 2,
    },
  ],
  [
    "tables by name",
    v.record(v.picklist(["a", "b"]), v.unknown()),
    { type: "object", propertyNames: { type: "string", enum: ["a", "b"] }, additionalProperties: {} },
  ],
  [
    "one of several",
    v.variant("kind", [
      v.object({ kind: v.literal("a") }),
      v.object({ kind: v.literal("b"), id: v.pipe(v.string(), named("length 3")) }),
    ]),
    {
      oneOf: [
        { type: "object", properties: { kind: { const: "a" } }, required: ["kind"] },
        {
          type: "object",
          properties: { kind: { const: "b" }, id: { type: "string", minLength: 3, maxLength: 3 } },
          required: ["kind", "id"],
        },
      ],
    },
  ],
  ["integers beyond 2^53", v.bigint(), { type: "integer", "x-rules": ["must be beyond 2^53"] }],
  ["a rule that is a schema", v.custom(() => true), { "x-rules": ["must be unknown"] }],
  ["a schema that holds itself", tree, { ...TREE, $defs: { 0: TREE } }],
])("says %s", (_, schema, expected) => {
  expect(schemaFor(schema)).toEqual(expected);
});

it("refuses the schema of another vendor, and names it", () => {
  const foreign: StandardSchemaV1 = { "~standard": { version: 1, vendor: "zod", validate: (value) => ({ value }) } };
  expect(() => schemaFor(foreign)).toThrow(
    `${TYPE}: data: must have a schema of valibot to be said as JSON Schema, has one of zod`,
  );
});

it("refuses what no JSON is, however deep it lies", () => {
  expect(() => schemaFor(v.object({ at: v.array(v.date()) }))).toThrow(`${TYPE}: data: The "date" schema cannot be`);
});

it("leaves the schema of the event as it was", () => {
  const schema = v.pipe(v.picklist(["a"]), v.examples(["a"]));
  const made = schemaFor(schema) as { readonly enum: string[]; readonly examples: string[] };
  made.enum.push("b");
  made.examples.push("b");
  expect(schemaFor(schema)).toEqual({ type: "string", enum: ["a"], examples: ["a"] });
});

type Path = readonly string[];
const pathsIn = (value: unknown, path: Path = []): readonly Path[] => [
  path,
  ...(typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, field]) => pathsIn(field, [...path, key]))
    : []),
];

function put(value: unknown, [key, ...rest]: Path, bad: unknown): unknown {
  if (key === undefined) return bad;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = put(copy[key], rest, bad);
  return copy;
}

const ODD: readonly unknown[] = [
  ...[undefined, null, true, -1, 0, 1, 0.5, 1_001, 100_000_001, 2 ** 53],
  ...["", "a", "EUR", "eur", "a@b", "x".repeat(100), "x".repeat(101), "x".repeat(300)],
  ...[{}, { more: 1 }, [], Array.from({ length: 101 }, () => ({ sku: "s", quantity: 1, unitPrice: 1 }))],
];

const takes = (event: EventType, data: unknown): boolean => {
  try {
    event.parse(data);
    return true;
  } catch {
    return false;
  }
};

/** Of all rules that JSON Schema can say. */
const told = [...catalogue.map((event) => [event, event.sample] as const), ...samples].filter(
  ([event]) => !JSON.stringify(schemaOf(event)).includes("x-rules"),
);

it.each(told.map(([event, sample]) => [event.type, event, sample] as const))(
  "takes and refuses what %s does, whatever stands in a field",
  (_, event, sample) => {
    const validate = new Ajv({ strict: false }).compile(schemaOf(event));
    const cases = pathsIn(sample).flatMap((path) => ODD.map((odd) => ({ path, odd })));
    // As it travels: what is undefined is not there.
    const asJson = (data: unknown) => JSON.parse(JSON.stringify(data) ?? "null");
    const disputed = cases.filter(({ path, odd }) => {
      const data = asJson(put(sample, path, odd));
      return validate(data) !== takes(event, data);
    });
    expect(disputed).toEqual([]);
    expect(validate(sample)).toBe(true);
  },
);
