import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toDiff } from "./diff.ts";

/** As a person marks it: ` same`, `-gone`, `+new`. */
const marked = (before: string, after: string) => {
  const [old, now] = [before.split(""), after.split("")];
  return toDiff(old, now).map((pair) =>
    pair.before === undefined
      ? `+${now[pair.after ?? -1]}`
      : `${pair.after === undefined ? "-" : " "}${old[pair.before]}`,
  );
};

describe("two texts side by side", () => {
  it.each([
    ["the same", "abc", "abc", [" a", " b", " c"]],
    ["one with more", "ac", "abc", [" a", "+b", " c"]],
    ["one with less", "abc", "ac", [" a", "-b", " c"]],
    ["another line", "abc", "axc", [" a", "-b", "+x", " c"]],
    ["all of it new", "", "ab", ["+a", "+b"]],
  ])("%s", (_, before, after, expected) => {
    expect(marked(before, after)).toEqual(expected);
  });

  it("hold every line once, in its order, and no pair of unlike ones", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 12 });
    fc.assert(
      fc.property(text, text, (before, after) => {
        const pairs = toDiff(before, after);
        const of = (side: "before" | "after") => pairs.flatMap((pair) => pair[side] ?? []);
        expect([of("before"), of("after")]).toEqual([[...before.keys()], [...after.keys()]]);
        for (const pair of pairs)
          if (pair.before !== undefined && pair.after !== undefined)
            expect(before[pair.before]).toBe(after[pair.after]);
      }),
    );
  });

  it("of many lines that all differ are told as a whole, at once", () => {
    const lines = (name: string) => Array.from({ length: 20_000 }, (_, at) => `${name}${at}`);
    expect(toDiff(lines("a"), lines("b"))).toHaveLength(40_000);
  });
});
