import { expect, it } from "vitest";
import { createFirstEtag } from "./first-etag.ts";

const LEASED = { v: 1, inbox: "", lease: { event: "e", until: 1 } };

/** Creates as many documents, each read right after it with the ETag that its store gave. */
function afterCreating(etags: readonly string[]) {
  const first = createFirstEtag();
  for (const [nth, version] of etags.entries()) {
    first.created(`k-${nth}`, LEASED);
    first.read(`k-${nth}`, { entry: LEASED, version });
  }
  return first;
}

it.each([
  ["two had the same", ["1", "1"], undefined],
  ["three had the same", ["1", "1", "1"], "1"],
  ["three in a row had the same", ["7", "1", "1", "1"], "1"],
  ["one had another since", ["1", "1", "1", "2"], undefined],
  ["each had its own, as of a store that gives any", ["a", "b", "c", "d"], undefined],
])("takes an ETag for granted, or not, where %s", (_what, etags, told) => {
  expect(afterCreating(etags).created("k", LEASED)).toBe(told);
});

it("learns nothing of a document that another has replaced before it was read", () => {
  const first = afterCreating(["1", "1"]);
  first.created("k", LEASED);
  first.read("k", { entry: { ...LEASED, lease: { event: "other", until: 2 } }, version: "1" });
  expect(first.created("n", LEASED)).toBeUndefined();
});

it("finds the ETag where it was mistaken and the document is still there, and takes none for granted from then on", () => {
  const first = afterCreating(["1", "1", "1"]);
  const expected = first.created("k", LEASED) ?? "";
  expect(first.mistaken("k", { expected, held: { entry: LEASED, version: "9" } })).toBe("9");
  for (const nth of [1, 2, 3, 4]) {
    expect(first.created(`n-${nth}`, LEASED)).toBeUndefined();
    first.read(`n-${nth}`, { entry: LEASED, version: "1" });
  }
});

it.each([
  ["another was faster", { entry: { ...LEASED, inbox: "more" }, version: "9" }, "1"],
  ["it is gone", {}, "1"],
  ["the ETag was read by whoever lost", { entry: LEASED, version: "9" }, "8"],
])("is no help where %s", (_what, held, expected) => {
  const first = afterCreating(["1", "1", "1"]);
  first.created("k", LEASED);
  expect(first.mistaken("k", { expected, held })).toBeUndefined();
});

it("is no help to whoever saves a second time: what was created is no more", () => {
  const first = afterCreating(["1", "1", "1"]);
  first.created("k", LEASED);
  first.replaced("k");
  expect(first.mistaken("k", { expected: "1", held: { entry: LEASED, version: "9" } })).toBeUndefined();
});

it("remembers small documents only, and a thousand of them at most", () => {
  const first = afterCreating(["1", "1", "1"]);
  expect(first.created("large", { ...LEASED, inbox: "x".repeat(2_000) })).toBeUndefined();
  for (let nth = 0; nth < 1_001; nth++) first.created(`k-${nth}`, LEASED);
  expect(first.mistaken("k-0", { expected: "1", held: { entry: LEASED, version: "9" } })).toBeUndefined();
  expect(first.mistaken("k-1000", { expected: "1", held: { entry: LEASED, version: "9" } })).toBe("9");
});
