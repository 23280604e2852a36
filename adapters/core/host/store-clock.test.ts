import fc from "fast-check";
import { expect, it } from "vitest";
import { CLOCK_SKEW_MS } from "../dispatch/ports.ts";
import { createStoreClock } from "./store-clock.ts";

const MINUTE_MS = 60_000;
const START = Date.parse("2026-11-25T10:00:00.400Z");

interface Call {
  /** On the way there and back, in ms. */
  readonly there?: number;
  readonly back?: number;
  /** Instead of the store's own. */
  readonly date?: string | undefined;
  readonly isRefused?: boolean;
}

/** A host whose clock is off, and a store whose clock is right. */
function createWorld(off: number) {
  let time = START;
  const warnings: string[] = [];
  const world = {
    off,
    warnings,
    pass(ms: number) {
      time += ms;
    },
    /** Answers a second after the one before, unless the test says when. */
    call({ there = 10, back = 10, isRefused = false, ...rest }: Call = {}, pauseMs = 1_000) {
      time += pauseMs;
      const heard = clock.asked?.();
      time += there;
      const date = "date" in rest ? rest.date : new Date(time).toUTCString();
      time += back;
      heard?.({ date, isRefused });
    },
    /** By how much time is wrong here, in ms. */
    error: () => clock.now() - time,
  };
  const clock = createStoreClock({ now: () => time + world.off, warn: (message) => warnings.push(message) });
  return world;
}

it.each([
  ["10 min ahead", 10 * MINUTE_MS, "-600"],
  ["10 min behind", -10 * MINUTE_MS, "600"],
  ["seven seconds ahead", 7_000, "-7"],
  ["a day behind", -1440 * MINUTE_MS, "86400"],
])("a clock that is %s is corrected by the second answer, and that is told once", (_what, off, seconds) => {
  const world = createWorld(off);
  world.call();
  expect(world.error()).toBe(off);
  for (let calls = 0; calls < 5; calls++) {
    world.call();
    expect(Math.abs(world.error())).toBeLessThanOrEqual(600);
  }
  expect(world.warnings).toHaveLength(1);
  expect(Math.abs(Number(/by (-?\d+) s,/.exec(world.warnings[0] ?? "")?.[1]) - Number(seconds))).toBeLessThanOrEqual(1);
});

const times = fc.record({ there: fc.nat(20_000), back: fc.nat(20_000) });

it("a clock that is off by no more than clocks may be is left alone, however long calls take", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -CLOCK_SKEW_MS, max: CLOCK_SKEW_MS }),
      fc.array(fc.tuple(times, fc.nat(3_000)), { maxLength: 10 }),
      (off, calls) => {
        const world = createWorld(off);
        for (const [call, pauseMs] of calls) world.call(call, pauseMs);
        expect([world.error(), world.warnings]).toEqual([off, []]);
      },
    ),
  );
});

it("whatever the clock is off by, calls that take some seconds leave no more than clocks may differ by", () => {
  const upTo6 = fc.record({ there: fc.nat(3_000), back: fc.nat(3_000) });
  const off = fc.oneof(fc.integer({ min: -1e9, max: -13_000 }), fc.integer({ min: 13_000, max: 1e9 }));
  fc.assert(
    fc.property(off, fc.array(upTo6, { minLength: 2, maxLength: 10 }), (by, calls) => {
      const world = createWorld(by);
      for (const call of calls) world.call(call);
      expect(Math.abs(world.error())).toBeLessThanOrEqual(CLOCK_SKEW_MS);
    }),
  );
});

it.each([
  ["right", 0],
  ["10 min ahead", 10 * MINUTE_MS],
])("one odd answer turns no clock that is %s", (_what, off) => {
  const world = createWorld(off);
  for (let calls = 0; calls < 3; calls++) world.call();
  const [before, told] = [world.error(), world.warnings.length];
  world.call({ date: "Wed, 25 Nov 2026 04:00:00 GMT" });
  world.call();
  world.call({ date: "Thu, 26 Nov 2026 04:00:00 GMT" });
  world.call({ date: "Wed, 25 Nov 2026 04:00:10 GMT" });
  world.call();
  expect([world.error(), world.warnings.length]).toEqual([before, told]);
});

it("a Date that something between has kept turns nothing, however fast and however often it comes", () => {
  const world = createWorld(0);
  const date = "Wed, 25 Nov 2026 09:00:00 GMT";
  for (let calls = 0; calls < 50; calls++) world.call({ date, there: 1, back: 1 }, calls % 2 ? 0 : 400);
  expect([world.error(), world.warnings]).toEqual([0, []]);
});

it.each([
  ["none", undefined],
  ["an empty one", ""],
  ["another word", "Invalid Date"],
  ["a number", "1795600000"],
  ["RFC 3339", "2026-11-25T09:00:00Z"],
  ["no such day", "Mon, 31 Nov 2026 09:00:00 GMT"],
  ["another zone", "Wed, 25 Nov 2026 09:00:00 +0100"],
])("a Date that is none says nothing, and is nobody's word against the clock: %s", (_what, date) => {
  const world = createWorld(0);
  for (let calls = 0; calls < 3; calls++) world.call({ date, isRefused: true });
  expect([world.error(), world.warnings]).toEqual([0, []]);
});

it("a store that refuses a call for its time is believed at once", () => {
  const world = createWorld(10 * MINUTE_MS);
  world.call({ isRefused: true });
  expect(Math.abs(world.error())).toBeLessThanOrEqual(600);
  expect(world.warnings).toHaveLength(1);
});

it("a clock that is set right meanwhile is taken for right again, and that is told", () => {
  const world = createWorld(10 * MINUTE_MS);
  world.call();
  world.call();
  world.off = 40;
  world.call();
  world.call();
  expect(world.error()).toBe(40);
  expect(world.warnings[1]).toBe("clock: corrected by 0 s, to that of the store");
});

it("calls side by side are one answer as long as they say the same second", () => {
  const world = createWorld(10 * MINUTE_MS);
  for (let calls = 0; calls < 10; calls++) world.call({ there: 1, back: 1 }, 0);
  expect(world.warnings).toEqual([]);
  world.call();
  expect(world.warnings).toHaveLength(1);
});
