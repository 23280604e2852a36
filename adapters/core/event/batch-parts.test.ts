import fc from "fast-check";
import { expect, it } from "vitest";
import { partsOf } from "./batch-parts.ts";

const partsIn = (text: string) =>
  Array.from(partsOf(Buffer.from(text)), (part) =>
    "element" in part ? Buffer.from(part.element).toString() : [part.code, Buffer.from(part.rest).toString()],
  );

it("finds the elements that JSON.parse finds, however they are written", () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue()),
      fc.constantFrom(undefined, 1, "\t"),
      fc.constantFrom("", "\ufeff ", "\n"),
      (values, indent, before) => {
        const parts = partsIn(`${before}${JSON.stringify(values, null, indent)} \n`);
        expect(parts.map((part) => JSON.parse(String(part)))).toEqual(JSON.parse(JSON.stringify(values)));
      },
    ),
  );
});

it.each([
  ["", [["json", ""]]],
  ["{}", [["json", "{}"]]],
  ["null", [["json", "null"]]],
  ["[", [["json", ""]]],
  ["[1", [["json", "1"]]],
  ["[1,", ["1", ["json", ""]]],
  ['[1,"a', ["1", ["json", '"a']]],
  ["[1}", [["json", "1}"]]],
  ["[1] 2", ["1", ["json", "2"]]],
  ["[]", []],
  ["[ ]", []],
  ["[,]", ["", ""]],
  ['["\\\\",1]', ['"\\\\"', "1"]],
])("loses nothing of %j", (text, parts) => {
  expect(partsIn(text)).toEqual(parts);
});
