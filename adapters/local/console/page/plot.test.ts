import { expect, test } from "vitest";
import { toPath, toScale } from "./plot.tsx";

test.each([
  [0, { step: 1, top: 2 }],
  [3.4, { step: 1, top: 4 }],
  [9, { step: 2, top: 10 }],
  [26, { step: 10, top: 30 }],
  [1_200, { step: 500, top: 1_500 }],
])("a plot up to %d has few and round numbers beside it", (most, scale) => {
  expect(toScale(most)).toEqual(scale);
});

test("a line has a gap where nobody looked, and is not drawn down to 0 there", () => {
  expect(toPath([null, 1, 2, null, 0], 2)).toBe("M250.0 50.0L500.0 0.0M1000.0 100.0");
});
