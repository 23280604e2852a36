import { expect, it } from "vitest";
import { toPace } from "./progress.ts";

it.each([
  ["nothing before the first", { count: 0, total: 10, ms: 1_000 }, []],
  ["a slow pace exactly", { count: 3, total: 9, ms: 2_000 }, ["1.5 a second", "4 s left"]],
  ["a fast one as a whole number", { count: 500, total: 1_001, ms: 1_000 }, ["500 a second", "2 s left"]],
  ["no time left at the end", { count: 10, total: 10, ms: 1_000 }, ["10 a second"]],
])("says %s", (_what, at, pace) => {
  expect(toPace(at)).toEqual(pace);
});
