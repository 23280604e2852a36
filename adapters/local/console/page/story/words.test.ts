import { describe, expect, it } from "vitest";
import type { Happening } from "../../api-types.ts";
import { resultOfLane, toRuns } from "./result.ts";
import { toSum } from "./sum.ts";
import { type Lane, toWaterfall } from "./waterfall.ts";
import { toEffects, toSteps } from "./words.ts";

const TYPE = "com.example.parcel.sent.v1";
const on = { topic: "parcels", entry: 7, event: "E", type: TYPE };
type Line = Omit<Happening, "id">;
const delivered = (at: number, attempt = 1): Line => ({ kind: "delivered", at, app: "depot", ...on, attempt });
const answered = (at: number, attempt = 1, outcome = "success"): Line => ({
  ...{ kind: "answered", at, app: "depot", ...on, attempt, outcome },
});
const told = (at: number, more: Partial<Happening>): Line => ({
  kind: "told",
  at,
  app: "depot",
  event: "E",
  type: TYPE,
  ms: 3,
  ...more,
});
const effect = (at: number, key: string): Line => ({ kind: "effect", at, app: "depot", event: "E", how: "scan", key });

const storyOf = (...lines: readonly Line[]) => {
  const happenings = lines.map((line, id) => ({ id, ...line }));
  return { happenings, waterfall: toWaterfall(happenings, { now: 99_999 }) };
};
const laneOf = (...lines: readonly Line[]) => storyOf(...lines).waterfall.lanes[0] as Lane;

describe("what came of it", () => {
  it.each([
    ["what it said", { outcome: "ack", how: "handled", said: ["com.example.label.printed.v1"] }, "→ label.printed"],
    ["that it is done, where it says nothing", { outcome: "ack", how: "handled", said: [] }, "done"],
    ["why it died", { outcome: "dead", code: "schema", reason: "data: must be" }, "dead (schema: data: must be)"],
    ["why it comes again", { outcome: "retry", code: "effect", reason: "503" }, "comes again (effect: 503)"],
    ["that it was for another", { outcome: "ack", how: "ignored" }, "ignored"],
  ] as const)("is %s", (_, how, expected) => {
    expect(resultOfLane(laneOf(delivered(1), told(5, how), answered(6)))).toBe(expected);
  });

  it("is also how often it came for nothing", () => {
    const again = [2, 3].flatMap((n) => [
      delivered(n * 10, n),
      told(n * 10 + 1, { outcome: "ack", how: "duplicate" }),
      answered(n * 10 + 2, n),
    ]);
    const lane = laneOf(delivered(1), told(5, { outcome: "ack", how: "handled" }), answered(6), ...again);
    expect(resultOfLane(lane)).toBe("done, then 2 duplicates");
    expect(toRuns(lane.attempts).map(({ name, result }) => `${name}: ${result}`)).toEqual([
      "attempt 1: done",
      "attempt 2: duplicate",
      "attempt 3: duplicate",
    ]);
  });

  it("of attempts that ended the same stands once", () => {
    const away = [1, 2, 3].flatMap((n) => [delivered(n * 100, n), answered(n * 100 + 1, n, "gone")]);
    const lane = laneOf(...away, delivered(400, 4), told(409, { outcome: "ack", how: "handled" }), answered(410, 4));
    expect(toRuns(lane.attempts).map(({ name, result }) => `${name}: ${result}`)).toEqual([
      "attempts 1 to 3: comes again (it could not be reached)",
      "attempt 4: done",
    ]);
  });
});

it("a lane is told in time order, and what was in the same millisecond as it must have been", () => {
  const lane = laneOf(
    { kind: "published", at: 2, ...on },
    delivered(10),
    effect(15, "scan-1"),
    told(20, { outcome: "ack", how: "handled", ms: 8 }),
    answered(20),
    {
      ...on,
      kind: "published",
      at: 20,
      app: "depot",
      event: "F",
      entry: 8,
      causation: "E",
      type: "com.example.label.printed.v1",
    },
    { kind: "saved", at: 20, app: "depot", event: "E", key: "depot-1" },
  );
  expect(toSteps(lane).map(({ at, text }) => `${at} ${text}`)).toEqual([
    "2 published by somebody else to parcels",
    "10 handed to depot, attempt 1",
    "12 at work",
    "15 scan, key scan-1",
    "20 saved its document",
    "20 said label.printed",
    "20 handled",
    "20 acknowledged",
  ]);
});

it("effects are counted with their keys: a second try under the same one is no second effect", () => {
  const { happenings, waterfall } = storyOf(
    delivered(1),
    effect(2, "a"),
    effect(3, "a"),
    told(5, { outcome: "ack", how: "handled" }),
    answered(6),
  );
  expect(toEffects(waterfall.lanes[0]?.marks ?? [])).toBe("scan 2 times under 1 key");
  expect(toSum(waterfall, happenings)).toMatchObject({
    fates: [{ fate: "handled", count: 1 }],
    effects: [{ kind: "scan", tried: 2, keys: 1 }],
  });
});

it("who was at work longest is known where several were", () => {
  const other = { app: "printer", event: "F" };
  const { happenings, waterfall } = storyOf(
    ...[delivered(1), told(5, { outcome: "ack", how: "handled" }), answered(6)],
    told(90, { ...other, outcome: "ack", how: "handled", ms: 70 }),
  );
  expect(toSum(waterfall, happenings).slowest).toEqual({ app: "printer", workedMs: 70 });
});
