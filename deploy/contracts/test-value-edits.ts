import * as v from "valibot";
import { at, BOTH, type Edit, edit, field, plain, text } from "./test-edit.ts";

const items = (quantity: v.GenericSchema, most = 100) =>
  v.object({ items: v.pipe(v.array(v.object({ sku: text(100), quantity })), v.maxLength(most)) });
const rule = <Value>(name: string) => v.check<Value, string>(() => true, `must satisfy ${name}`);
const id = v.object({ id: v.string() });

/** Of one value. */
export const VALUE_EDITS: readonly Edit[] = [
  edit("integer → number", [field(v.pipe(v.number(), v.integer())), field(v.number())], at("data.it", "forward")),
  edit("number → integer", [field(v.number()), field(v.pipe(v.number(), v.safeInteger()))], at("data.it", "backward")),
  edit("string → number", [field(v.string()), field(v.number())], at("data.it", ...BOTH)),
  edit("a text → a list of texts", [field(v.string()), field(v.array(v.string()))], at("data.it", ...BOTH)),
  edit("may be null now", [field(v.string()), field(v.nullable(v.string()))], at("data.it", "forward")),
  edit("must not be null any more", [field(v.nullable(v.string())), field(v.string())], at("data.it", "backward")),
  edit("optional → nullish", [field(v.optional(v.string())), field(v.nullish(v.string()))], at("data.it", "forward")),
  edit("a text may be longer", [field(text(50)), field(text(100))], at("data.it", "forward")),
  edit("a text must not be empty", [field(text(50)), field(text(50, 1))], at("data.it", "backward")),
  edit("a text has its length between others", [field(text(50, 5)), field(text(60, 10))], at("data.it", ...BOTH)),
  edit(
    "a text in a nested list must be shorter",
    [
      v.object({ rows: v.array(v.object({ cells: v.array(text(100)) })) }),
      v.object({ rows: v.array(v.object({ cells: v.array(text(99)) })) }),
    ],
    at("data.rows[].cells[]", "backward"),
  ),
  edit(
    "a number of items must be greater",
    [items(v.number()), items(v.pipe(v.number(), v.minValue(1)))],
    at("data.items[].quantity", "backward"),
  ),
  edit("a list may be longer", [items(v.number()), items(v.number(), 101)], at("data.items", "forward")),
  edit(
    "a bound is no value itself any more",
    [field(v.pipe(v.number(), v.minValue(0))), field(v.pipe(v.number(), v.gtValue(0)))],
    at("data.it", "backward"),
  ),
  plain(
    "of integers, above 0 is from 1 on",
    [
      { type: "integer", exclusiveMinimum: 0 },
      { type: "integer", minimum: 1 },
    ],
    at("data"),
  ),
  plain(
    "multiples of 10 → of 5",
    [
      { type: "integer", multipleOf: 10 },
      { type: "integer", multipleOf: 5 },
    ],
    at("data", "forward"),
  ),
  edit(
    "a pattern is another",
    [field(v.pipe(v.string(), v.regex(/^[A-Z]{3}$/))), field(v.pipe(v.string(), v.regex(/^[A-Z]{2}$/)))],
    at("data.it", ...BOTH),
  ),
  edit("a pattern is new", [field(v.string()), field(v.pipe(v.string(), v.regex(/^a/)))], at("data.it", "backward")),
  edit(
    "a second pattern is gone",
    [field(v.pipe(v.string(), v.regex(/^a/), v.regex(/b$/))), field(v.pipe(v.string(), v.regex(/^a/)))],
    at("data.it", "forward"),
  ),
  edit("a format is new", [field(v.string()), field(v.pipe(v.string(), v.email()))], at("data.it", "backward")),
  edit(
    "a format is another",
    [field(v.pipe(v.string(), v.isoDate())), field(v.pipe(v.string(), v.isoTimestamp()))],
    at("data.it", ...BOTH),
  ),
  edit(
    "a rule that is only a text is another",
    [field(v.pipe(v.string(), rule("checksum 10"))), field(v.pipe(v.string(), rule("checksum 11")))],
    at("data.it", ...BOTH),
  ),
  edit("a rule about all fields is new", [id, v.pipe(id, rule("total of all items"))], at("data", "backward")),
  edit(
    "a rule is gone, beside a field that is new",
    [v.pipe(id, rule("total of all items")), field(v.optional(v.string()))],
    at("data", "forward"),
  ),
  edit(
    "an enum takes one more",
    [field(v.picklist(["a", "b"])), field(v.picklist(["a", "b", "c"]))],
    at("data.it", "forward"),
  ),
  edit("an enum takes one less", [field(v.picklist(["a", "b"])), field(v.picklist(["a"]))], at("data.it", "backward")),
  edit(
    "an enum takes the same in another order",
    [field(v.picklist(["a", "b"])), field(v.picklist(["b", "a"]))],
    at("data"),
  ),
  edit("an enum → any text", [field(v.picklist(["a", "b"])), field(v.string())], at("data.it", "forward")),
  edit("a text → an enum", [field(v.string()), field(v.picklist(["a", "b"]))], at("data.it", "backward")),
  edit(
    "an enum → texts that are shorter than one of it",
    [field(v.picklist(["a", "bcd"])), field(text(2))],
    at("data.it", ...BOTH),
  ),
  edit("a constant is another", [field(v.literal(1)), field(v.literal(2))], at("data.it", ...BOTH)),
  edit(
    "a constant → an enum with it",
    [field(v.literal("a")), field(v.picklist(["a", "b"]))],
    at("data.it", "forward"),
  ),
  edit("true → any boolean", [field(v.literal(true)), field(v.boolean())], at("data.it", "forward")),
  edit(
    "one of more kinds",
    [field(v.union([v.string(), v.number()])), field(v.union([v.string(), v.number(), v.boolean()]))],
    at("data.it", "forward"),
  ),
  edit("one of less kinds", [field(v.union([v.string(), v.number()])), field(v.string())], at("data.it", "backward")),
  plain(
    "a keyword that is not understood is new",
    [
      { type: "array", items: { type: "string" } },
      { type: "array", items: { type: "string" }, uniqueItems: true },
    ],
    at("data", "backward"),
  ),
  plain(
    "a range is said in two parts",
    [
      { type: "integer", minimum: 0, maximum: 10 },
      {
        anyOf: [
          { type: "integer", minimum: 0, maximum: 5 },
          { type: "integer", minimum: 6, maximum: 10 },
        ],
      },
    ],
    at("data"),
  ),
];
