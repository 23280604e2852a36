import { expect, it } from "vitest";
import { derivedId, eventKey } from "./ids.ts";

it("knows an event by the same key for ever: another one would make everything that is done be done again", () => {
  expect(eventKey({ source: "/shop/order", id: "e-1" })).toBe("5c6d6cb6-20fc-585c-977b-d7fb5d1c23d7");
});

it.each([
  [["a", "b"], ["ab"]],
  [["a", ""], ["a"]],
  [[1], ["1"]],
])("tells %j from %j", (parts, others) => {
  expect(derivedId(...parts)).not.toBe(derivedId(...others));
});
