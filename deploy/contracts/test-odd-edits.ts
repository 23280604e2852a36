import * as v from "valibot";
import { at, BOTH, type Edit, edit, field, plain } from "./test-edit.ts";

const a = { type: "object", properties: { a: { type: "string" } } } as const;

/** Of schemas in which keywords have to do with each other. */
export const ODD_EDITS: readonly Edit[] = [
  edit(
    "a table of numbers → an object that has texts where such a number may be",
    [field(v.record(v.string(), v.number())), field(v.object({ a: v.optional(v.string()) }))],
    at("data.it.a", ...BOTH),
  ),
  edit(
    "a table takes one name less",
    [field(v.record(v.picklist(["a", "b"]), v.number())), field(v.record(v.picklist(["a"]), v.number()))],
    at("data.it.*", "backward"),
  ),
  plain(
    "one of two that have values in common, which are refused",
    [
      { type: "integer", minimum: 3, maximum: 4 },
      {
        oneOf: [
          { type: "integer", minimum: 0 },
          { type: "integer", maximum: 5 },
        ],
      },
    ],
    at("data", ...BOTH),
  ),
  plain(
    "unknown fields are refused beside no fields, although there are some elsewhere",
    [
      { ...a, required: ["a"] },
      { ...a, anyOf: [{ additionalProperties: false }] },
    ],
    at("data", ...BOTH),
  ),
  plain(
    "an enum in which some are refused by what is not understood",
    [{ const: { a: 1 } }, { enum: [{ a: 1 }, { a: "x" }], properties: { a: { not: { type: "number" } } } }],
    at("data", ...BOTH),
  ),
  plain("an object that may be any has a field", [{ type: "object" }, a], at("data.a", "backward")),
  plain(
    "one that takes nothing is gone",
    [
      { anyOf: [{ type: "string" }, { type: "object", required: ["a"], additionalProperties: false }] },
      { type: "string" },
    ],
    at("data"),
  ),
];
