import { expect, it } from "vitest";
import { functionOf, sayBoth } from "../dispatch/test-function.ts";
import { keeping } from "./due.ts";
import { EMPTY, type Entry } from "./entry.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const AT = Date.parse("2026-11-25T10:00:00Z");
const fn = functionOf(sayBoth, { keeps: "state" });
const said = { at: AT, said: [] };
const later = { at: AT + 2 * DAY, said: [], due: AT + 2 * DAY };
const now = { ...said, due: AT + 15_000 };

it("a document is due for room as soon as what it said has been kept for its time", () => {
  const entry: Entry = { ...EMPTY, state: {}, outbox: { said } };
  const retention = { eventMs: 7 * DAY, saidMs: 2 * HOUR };
  expect(keeping(entry, fn, { now: () => AT, retention }).due).toEqual({ of: "fn", at: AT + 2 * HOUR, isIdle: true });
});

it.each<[what: string, outbox: Entry["outbox"], due: object | undefined]>([
  ["nothing", {}, undefined],
  ["what is said: only for room", { said }, { at: AT + DAY, isIdle: true }],
  ["what is still to be said", { said, now }, { at: AT + 15_000 }],
  ["what is to be said after there is room to be won: dying must not lose it", { said, later }, { at: AT + DAY }],
])("a document is due for %s", (_what, outbox, due) => {
  const entry: Entry = { ...EMPTY, state: {}, ...(outbox && { outbox }) };
  expect(keeping(entry, fn, { now: () => AT }).due).toEqual(due && { of: "fn", ...due });
});
