import { expect, test } from "vitest";
import type { Happening } from "../api-types.ts";
import { createTally, KEPT_S, toRate } from "./tally.ts";

const NOW = 1_700_000_000_000;
const told = (at: number, outcome = "ack"): Happening => ({ id: 1, at, kind: "told", app: "billing", outcome });

test("a rate is that of the last whole seconds, so that it does not fall while a second runs", () => {
  const tally = createTally();
  for (let ms = 0; ms < 10_000; ms += 250) tally.add(told(NOW - 10_000 + ms));
  expect(tally.rate("done", "billing", NOW)).toBe(4);
  expect(tally.rate("done", "billing", NOW + 999)).toBe(4);
  expect(tally.rate("done", "billing", NOW + 60_000)).toBe(0);
  expect(tally.rate("done", "shipping", NOW)).toBe(0);
});

test("what failed counts for a minute, told of or not", () => {
  const tally = createTally();
  tally.add(told(NOW, "dead"));
  tally.add(told(NOW, "retry"));
  tally.add({ ...told(NOW, "retry"), kind: "answered" });
  expect(tally.failed("billing", NOW)).toEqual({ dead: 1, again: 1 });
  expect(tally.failed("billing", NOW + 61_000)).toEqual({ dead: 0, again: 0 });
});

test("a plot begins where somebody began to look", () => {
  const tally = createTally();
  tally.add(told(NOW - 3_000));
  tally.add(told(NOW - 1_000));
  const lately = tally.lately("done", "billing", NOW);
  expect(lately).toHaveLength(KEPT_S - 1);
  expect(lately.slice(-4)).toEqual([null, 1, 0, 1]);
});

test("a second that comes round again begins at nothing", () => {
  const tally = createTally();
  tally.add(told(NOW));
  tally.add(told(NOW + KEPT_S * 1_000));
  // Late: its place is taken.
  tally.add(told(NOW));
  expect(tally.lately("done", "billing", NOW + KEPT_S * 1_000 + 1_000).at(-1)).toBe(1);
});

test.each([
  [0, "0"],
  [0.4, "0.4"],
  [9.96, "10"],
  [120.4, "120"],
])("%d is written as %s", (rate, text) => {
  expect(toRate(rate)).toBe(text);
});
