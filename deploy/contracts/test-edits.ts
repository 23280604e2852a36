import * as v from "valibot";
import { at, BOTH, type Edit, edit, field } from "./test-edit.ts";
import { ODD_EDITS } from "./test-odd-edits.ts";
import { VALUE_EDITS } from "./test-value-edits.ts";

const id = v.object({ id: v.string() });
const strict = v.strictObject({ id: v.string() });

const card = v.object({ kind: v.literal("card"), number: v.string() });
const cash = v.object({ kind: v.literal("cash") });
const iban = v.object({ kind: v.literal("iban"), iban: v.string() });

export const EDITS: readonly Edit[] = [
  edit("a required field is new", [id, field(v.string())], at("data.it", "backward")),
  edit("a required field is gone", [field(v.string()), id], at("data.it", "forward")),
  edit("an optional field is new", [id, field(v.optional(v.string()))], at("data.it")),
  edit("an optional field is gone", [field(v.optional(v.string())), id], at("data.it")),
  edit("a field with a default is new", [id, field(v.optional(v.string(), "x"))], at("data.it")),
  edit("a default is another", [field(v.optional(v.string(), "x")), field(v.optional(v.string(), "y"))], at("data.it")),
  edit("optional → required", [field(v.optional(v.string())), field(v.string())], at("data.it", "backward")),
  edit("required → optional", [field(v.string()), field(v.optional(v.string()))], at("data.it", "forward")),
  edit("required → with a default", [field(v.string()), field(v.optional(v.string(), "x"))], at("data.it", "forward")),
  edit(
    "a required field has another name",
    [v.object({ id: v.string(), name: v.string() }), v.object({ id: v.string(), label: v.string() })],
    at("data.label", ...BOTH),
  ),
  edit(
    "an optional field has another name: what is in it is dropped, and read by nobody",
    [v.object({ name: v.optional(v.string()) }), v.object({ label: v.optional(v.string()) })],
    at("data.name"),
  ),
  edit(
    "the case of a name is another",
    [v.object({ orderid: v.string() }), v.object({ orderId: v.string() })],
    at("data.orderId", ...BOTH),
  ),
  ...VALUE_EDITS,
  edit(
    "a variant has one more",
    [field(v.variant("kind", [card, cash])), field(v.variant("kind", [card, cash, iban]))],
    at("data.it.kind", "forward"),
  ),
  edit(
    "a variant has one less",
    [field(v.variant("kind", [card, cash, iban])), field(v.variant("kind", [cash, card]))],
    at("data.it.kind", "backward"),
  ),
  edit(
    "an object without a kind → a variant of that alone",
    [field(v.object({ number: v.string() })), field(v.variant("kind", [card]))],
    at("data.it.kind", "backward"),
  ),
  edit(
    "a strict object gets an optional field",
    [strict, v.strictObject({ id: v.string(), it: v.optional(v.string()) })],
    at("data.it", "forward"),
  ),
  edit(
    "a strict object loses an optional field",
    [v.strictObject({ id: v.string(), it: v.optional(v.string()) }), strict],
    at("data.it", "backward"),
  ),
  edit("an object drops what it had refused", [strict, id], at("data")),
  edit("an object refuses what it had dropped, and what nobody has written", [id, strict], at("data")),
  edit(
    "an object takes any number beside its fields, which it had dropped",
    [id, v.objectWithRest({ id: v.string() }, v.number())],
    at("data"),
  ),
  edit(
    "an object may have numbers beside its fields, which it refuses now",
    [v.objectWithRest({ id: v.string() }, v.number()), strict],
    at("data.*", "backward"),
  ),
  edit(
    "a table of integers → of numbers",
    [field(v.record(v.string(), v.pipe(v.number(), v.integer()))), field(v.record(v.string(), v.number()))],
    at("data.it.*", "forward"),
  ),
  edit(
    "a table → the fields that were usual in it",
    [field(v.record(v.string(), v.number())), field(v.object({ a: v.number() }))],
    at("data.it.a", "backward"),
  ),
  edit(
    "a nested object has a field that is required",
    [
      v.object({ to: v.object({ city: v.string() }) }),
      v.object({ to: v.object({ city: v.string(), country: v.string() }) }),
    ],
    at("data.to.country", "backward"),
  ),
  edit(
    "an optional object has a field that is required",
    [
      field(v.optional(v.object({ city: v.string() }))),
      field(v.optional(v.object({ city: v.string(), country: v.string() }))),
    ],
    at("data.it.country", "backward"),
  ),
  edit(
    "fields stand in another order",
    [v.object({ a: v.string(), b: v.number() }), v.object({ b: v.number(), a: v.string() })],
    at("data"),
  ),
  edit(
    "other words about the same",
    [id, v.pipe(v.object({ id: v.pipe(v.string(), v.description("whose")) }), v.title("Id"))],
    at("data"),
  ),
  edit(
    "a change of the value is new, which refuses some",
    [field(v.string()), field(v.pipe(v.string(), v.transform(Number), v.minValue(1)))],
    at("data.it", "backward"),
  ),
  ...ODD_EDITS,
];
