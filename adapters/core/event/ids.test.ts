import fc from "fast-check";
import { v5 } from "uuid";
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

it("is what the package uuid makes of the same parts", () => {
  const part = fc.oneof(fc.string({ unit: "binary" }), fc.integer());
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const name = Buffer.from(JSON.stringify(parts));
      expect(derivedId(...parts)).toBe(v5(name, "5b0dc1f0-6c5f-5c3c-9d43-8a7f0d0a1c11"));
    }),
    { numRuns: 5_000 },
  );
});
