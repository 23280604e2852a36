import { expect, it } from "vitest";
import { withoutValues } from "./values.ts";

const LONG = `a long note ${"x".repeat(400)} to the end`;
const DATA = {
  owner: { name: "Ada Lovelace", street: "Main street 5" },
  lines: [{ sku: "mug", amount: 1200 }, { sku: "x" }],
  note: "first\n  second",
  body: '{"name": Ada}',
  long: LONG,
  isGift: true,
  none: null,
};

it.each([
  ["a text", "no room for Ada Lovelace", "no room for <value>"],
  ["it each time", "mug is not mug, 1200 not 1200", "<value> is not <value>, <value> not <value>"],
  ["a number", "1200 is too much", "<value> is too much"],
  ["a text over several lines in one", "cannot read first second", "cannot read <value>"],
  [
    "a part of it in quotes",
    'Unexpected token, "Ada Lovela"... is not JSON',
    'Unexpected token, "<value>"... is not JSON',
  ],
  ["a part of it with quotes in it", 'Unexpected "{"name": A"... is not JSON', 'Unexpected "<value>"... is not JSON'],
  ["what is cut off at its end", `cannot keep ${LONG.slice(0, 100)}`, "cannot keep <value>"],
])("takes out %s", (_what, text, masked) => {
  expect(withoutValues(text, DATA)).toBe(masked);
});

it.each([
  ["is part of a word or a number by chance", "smug after 12000 ms"],
  ["is shorter than tells anything", "x is not a function"],
  ["names a field", "Cannot read properties of undefined (reading 'street')"],
])("leaves what %s", (_what, text) => {
  expect(withoutValues(text, DATA)).toBe(text);
});

it.each([
  ["none", undefined],
  ["bytes", new Uint8Array(100_000)],
  ["a text that is not there", "another"],
])("leaves the text as it is where data is %s", (_what, data) => {
  expect(withoutValues("TypeError: no", data)).toBe("TypeError: no");
});

it.each([
  ["more values than can be looked at", Array.from({ length: 20_000 }, (_, n) => n)],
  ["as many in parts", Array.from({ length: 200 }, (_, n) => Array.from({ length: 200 }, (__, m) => `${n}-${m}`))],
])("tells nothing but the error's name of data with %s", (_what, data) => {
  expect(withoutValues("TypeError: no room\n for 19999", data)).toBe("TypeError: <value>");
});
