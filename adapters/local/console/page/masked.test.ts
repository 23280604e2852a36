import { expect, test } from "vitest";
import { MASK, maskText } from "./masked.ts";

const event = JSON.stringify({
  id: "e-1",
  data: { customer: { name: "Ada", email: "ada@example.com" }, items: [{ sku: "mug", note: "for Bob" }], total: 25 },
});

test("no masked value leaves the page, whatever it is made of, and all else does", () => {
  const text = maskText(event, ["data.customer", "data.items.*.note"]);
  expect(JSON.parse(text)).toEqual({
    id: "e-1",
    data: { customer: MASK, items: [{ sku: "mug", note: MASK }], total: 25 },
  });
});

test.each([
  ["an integer that no double holds", '{"amount":9007199254740993}'],
  ["a number as somebody wrote it", '{"amount":2.50}'],
  ["a list", '[1,"two",null,true,{}]'],
  ["a text", '"a \\"text\\""'],
])("%s stays as it was written", (_, text) => {
  expect(maskText(text, ["nothing"])).toBe(text);
});

test("what is no JSON is shown as a whole or not at all, for nobody knows where in it a name stands", () => {
  expect(maskText("<order>Ada</order>", [])).toBe("<order>Ada</order>");
  expect(maskText("<order>Ada</order>", ["data.customer.name"])).toBe(MASK);
});
