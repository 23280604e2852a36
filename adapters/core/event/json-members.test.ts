import fc from "fast-check";
import { expect, test } from "vitest";
import { splitObject } from "./json-members.ts";

test("takes any object apart into the same members that JSON.parse sees, whatever the white space", () => {
  const value = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue());
  fc.assert(
    fc.property(value, fc.constantFrom("", " ", "\n\t"), (object, space) => {
      const text = JSON.stringify(object, null, space);
      const members = [...splitObject(text)].map(([name, json]) => [name, JSON.parse(json)]);
      expect(members).toEqual(Object.entries(JSON.parse(text) as object));
    }),
    { numRuns: 2_000 },
  );
});

test("keeps the digits of numbers, and of a repeated name the last", () => {
  const text = '{"n":12345678901234567890,"a\\"":{"m":[1.0,1e21]},"__proto__":-0,"n":9007199254740993}';
  expect([...splitObject(text)]).toEqual([
    ["n", "9007199254740993"],
    ['a"', '{"m":[1.0,1e21]}'],
    ["__proto__", "-0"],
  ]);
});

test.each([
  ["text that is not JSON", '{"a":'],
  ["null", "null"],
  ["an array", "[1]"],
  ["a string", '"x"'],
  ["what is deeper than it may be", `{"a":${"[".repeat(100)}${"]".repeat(100)}}`],
])("refuses %s", (_what, text) => {
  expect(() => splitObject(text, 100)).toThrow(SyntaxError);
});
