import { expect, it } from "vitest";
import { fill } from "./fill.ts";

it.each([
  ["a value takes its place, wherever it is", "a: <x>-<y>-<x>", "a: 1-b-1"],
  ["a list repeats its line", "- <list>!", "- c!\n- d!"],
  ["an empty list has no line", "before\n- <none>\nafter", "before\nafter"],
  ["what is there where there is a value", "  # <if x>\n  a\n  # </if>\n# <if list>\nb\n# </if>", "  a\nb"],
  [
    "what is not there where there is none",
    "# <if none>\na\n# </if>\n# <if off>\nb\n# </if>\n# <if nobody>\nc\n# </if>\nd",
    "d",
  ],
  ["each of a list has its own values before those around it", "# <each items>\n<y> <x>\n# </each>", "p 1\nb 2"],
  [
    "a reason is said once, in the first of all",
    "# <each items>\n# <if first>\nwhy\n# </if>\n<x>\n# </each>",
    "why\n1\n2",
  ],
  [
    "lists in lists have the first of all only",
    "# <each items>\n# <each inner>\n# <if first>\nwhy\n# </if>\n<z>\n# </each>\n# </each>",
    "why\ne\nf\ng",
  ],
  ["CloudFormation's own words stay", `!Sub \${Prefix}<y> # a < b`, `!Sub \${Prefix}b # a < b`],
])("%s", (_what, skeleton, text) => {
  const items = [
    { y: "p", x: 1, inner: [{ z: "e" }, { z: "f" }] },
    { x: 2, inner: [{ z: "g" }] },
  ];
  expect(fill(skeleton, { x: 1, y: "b", list: ["c", "d"], none: [], off: false, items })).toBe(text);
});

it.each([
  ["<nobody>", "<nobody>: has no value"],
  ["# <each nobody>\n# </each>", "<nobody>: has no value"],
  ["# <if x>\n# <if x>\n# </if>", "# <if x>: is never closed"],
])("%s is a slip of who wrote it", (skeleton, message) => {
  expect(() => fill(skeleton, { x: true })).toThrow(message);
});
