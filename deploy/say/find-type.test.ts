import { expect, it } from "vitest";
import { UsageError } from "../../adapters/local/command-line.ts";
import { findType } from "./find-type.ts";

const types = [
  "com.acme.bill.paid.v1",
  "com.acme.order.paid.v1",
  "com.acme.order.paid.v2",
  "com.acme.order.paid.v10",
  "com.acme.points.v1",
].map((type) => ({ type }) as never);

it.each([
  ["whole", "com.acme.order.paid.v1", "com.acme.order.paid.v1"],
  ["without its version: then the newest", "order.paid", "com.acme.order.paid.v10"],
  ["with its version", "order.paid.v2", "com.acme.order.paid.v2"],
  ["by its last word, where no other has it", "points", "com.acme.points.v1"],
])("finds a type by its name %s", (_how, name, type) => {
  expect(findType(name, types).type).toBe(type);
});

it.each([
  ["is misspelt", "order.payd", "TYPE order.payd: is none that this system knows: did you mean order.paid?"],
  [
    "is like none",
    "weather",
    "TYPE weather: is none that this system knows: must be one of bill.paid, order.paid, points",
  ],
  [
    "several end with",
    "paid",
    `TYPE paid: is the end of com.acme.bill.paid.v1, ${["v1", "v2", "v10"].map((v) => `com.acme.order.paid.${v}`).join(", ")}`,
  ],
  [
    "is the end of a word",
    "aid",
    "TYPE aid: is none that this system knows: must be one of bill.paid, order.paid, points",
  ],
])("says what is wrong with a name that %s", (_fault, name, message) => {
  expect(() => findType(name, types)).toThrow(new UsageError(message));
});
