import { expect, it } from "vitest";
import { parseJson } from "./masked.ts";
import { renew, spoil } from "./sample.ts";

it.each([
  [
    "a number becomes its text, wherever it stands",
    { orderId: "o-1", items: [{ sku: "a", quantity: 2 }] },
    {
      data: { orderId: "o-1", items: [{ sku: "a", quantity: "2" }] },
      what: 'data.items.0.quantity is "2" instead of 2',
    },
  ],
  [
    "a text becomes an object, but not what the event is about",
    { orderId: "o-1", reason: "late" },
    { data: { orderId: "o-1", reason: {} }, what: 'data.reason is {} instead of "late"' },
  ],
  [
    "what the event is about is spoilt where nothing else is in it",
    { orderId: "o-1" },
    { data: { orderId: {} }, what: 'data.orderId is {} instead of "o-1"' },
  ],
  [
    "a number that JavaScript cannot hold stays as it was written",
    parseJson('{"amount":9007199254740993}')?.value,
    { data: { amount: "9007199254740993" }, what: 'data.amount is "9007199254740993" instead of 9007199254740993' },
  ],
  ["what has no field cannot be spoilt", {}, undefined],
])("%s", (_how, data, spoilt) => {
  expect(spoil(data)).toEqual(spoilt);
});

const UUID = "11111111-2222-4333-8444-555555555555";

it.each([
  ["a short id keeps what it begins with", { orderId: "o-1", paid: true }, { orderId: "o-abcdef", paid: true }],
  ["a UUID becomes another", { id: UUID }, { id: "abcdef12-0000-4000-8000-000000000000" }],
  ["no other text is an id", { sku: "mug-1", width: "o-1" }, { sku: "mug-1", width: "o-1" }],
])("%s", (_how, data, renewed) => {
  expect(renew(data, () => "abcdef12-0000-4000-8000-000000000000")).toEqual(renewed);
});

it("ids that were equal stay equal, others become different ones", () => {
  let count = 0;
  const data = { orderId: "o-1", items: [{ orderId: "o-1", itemId: "i-1" }] };
  expect(renew(data, () => `${++count}00000-`)).toEqual({
    orderId: "o-100000",
    items: [{ orderId: "o-100000", itemId: "i-200000" }],
  });
});
