import { expect, it } from "vitest";
import { type Change, compare, type Direction } from "./compare.ts";
import { EDITS } from "./test-edits.ts";

const DIRECTIONS: readonly Direction[] = ["backward", "forward"];

const told = EDITS.map((one) => {
  const { verdict, changes } = compare(one.old, one.now);
  return {
    ...one,
    verdict,
    changes,
    said: DIRECTIONS.filter((each) => changes.some(({ breaks }) => breaks.includes(each))),
  };
});
/** An edit and a direction that it breaks. */
const pairs = (of: (one: (typeof told)[number]) => readonly Direction[]) =>
  told.flatMap((one) => of(one).map((direction) => `${direction}: ${one.edit}`));

it("finds every direction that an edit breaks, and hardly any that it does not", () => {
  const [broken, said] = [pairs(({ breaks }) => breaks), pairs((one) => one.said)];
  expect(broken.length).toBeGreaterThan(40);
  expect(broken.filter((pair) => !said.includes(pair))).toEqual([]);
  const wrong = said.filter((pair) => !broken.includes(pair));
  // A keyword that is not known may break both. And what members of an anyOf take only together is not looked for.
  expect(wrong).toEqual(["forward: a keyword that is not understood is new", "backward: a range is said in two parts"]);
  expect(1 - wrong.length / said.length).toBeGreaterThanOrEqual(0.95);
});

it.each(told.filter(({ breaks }) => breaks.length > 0))("names the place: $edit", ({ changes, path }) => {
  expect(changes.filter(({ breaks }) => breaks.length > 0).map((change) => change.path)).toContain(path);
});

it("says as its verdict what is left", () => {
  const VERDICTS = {
    "": ["same", "full"],
    backward: ["forward"],
    forward: ["backward"],
    "backward,forward": ["breaking"],
  };
  const wrong = told.filter(({ said, verdict }) => !VERDICTS[`${said}` as keyof typeof VERDICTS].includes(verdict));
  expect(wrong).toEqual([]);
});

it.each<{ readonly what: string; readonly old: object; readonly now: object; readonly changes: readonly Change[] }>([
  {
    what: "what was and what is, whoever wrote it",
    old: { type: "string", maxLength: 50 },
    now: { type: "string", minLength: 1, maxLength: 100 },
    changes: [
      { path: "data", what: "minLength: 0 → 1", breaks: ["backward"] },
      { path: "data", what: "maxLength: 50 → 100", breaks: ["forward"] },
    ],
  },
  {
    what: "once what breaks both",
    old: { type: "object", properties: { a: { type: "string" } } },
    now: { type: "object", properties: { a: { type: ["number", "null"] } } },
    changes: [{ path: "data.a", what: "type: string → null | number", breaks: ["backward", "forward"] }],
  },
  {
    what: "which values come and go",
    old: { enum: ["a", "b"] },
    now: { enum: ["b", 1] },
    changes: [
      { path: "data", what: 'enum: "a" is gone', breaks: ["backward"] },
      { path: "data", what: "type: string → string | number", breaks: ["forward"] },
    ],
  },
  {
    what: "what may have been renamed, where it breaks nothing",
    old: { type: "object", properties: { name: { type: "string", title: "Name" } } },
    now: { type: "object", properties: { label: { type: "string" } } },
    changes: [
      { path: "data.name", what: "is gone; where it is label now, its value is lost", breaks: [] },
      { path: "data.label", what: "is new, and optional", breaks: [] },
    ],
  },
  {
    what: "what cannot be decided",
    old: { type: "array", items: [{ type: "string" }], minItems: 1 },
    now: { type: "array", items: [{ type: "string" }, { type: "number" }], minItems: 1 },
    changes: [{ path: "data", what: "items, one by one: cannot be decided", breaks: ["backward", "forward"] }],
  },
  {
    what: "of references nothing, for what they lead to may have changed",
    old: { $defs: { 0: { type: "string" } }, properties: { a: { $ref: "#/$defs/0" } }, type: "object" },
    now: { $defs: { 0: { type: "number" } }, properties: { a: { $ref: "#/$defs/0" } }, type: "object" },
    changes: [{ path: "data.a", what: "$ref: cannot be decided", breaks: ["backward", "forward"] }],
  },
  {
    what: "other words as a change that is none",
    old: { type: "integer", exclusiveMinimum: 0 },
    now: { type: "integer", minimum: 1 },
    changes: [{ path: "data", what: "is said in another way", breaks: [] }],
  },
])("tells $what", ({ old, now, changes }) => {
  expect(compare(old, now).changes).toEqual(changes);
});

it("has nothing to tell of a schema that is the same, references among it", () => {
  const schema = { $defs: { 0: { type: "string" } }, type: "array", items: { $ref: "#/$defs/0" } };
  expect(compare(schema, structuredClone(schema))).toEqual({ verdict: "same", changes: [] });
});
