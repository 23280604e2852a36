import { describe, expect, it } from "vitest";
import { toScale } from "./scale.ts";

const HOUR = 3_600_000;
const percents = (scale: ReturnType<typeof toScale>, moments: readonly number[]) =>
  moments.map((ms) => Math.round(scale.at(ms) * 100));

describe("time", () => {
  it("is drawn as it was where nothing waits long", () => {
    const scale = toScale(
      [
        { from: 1000, to: 1040 },
        { from: 1060, to: 1100 },
      ],
      { from: 1000, to: 1100 },
    );
    expect(percents(scale, [1000, 1025, 1060, 1100])).toEqual([0, 25, 60, 100]);
    expect(scale.ticks.map(({ text }) => text)).toEqual(["0", "20 ms", "40 ms", "60 ms", "80 ms", "100 ms"]);
  });

  it("is cut where nothing happens for an hour, so that 20 ms before and after it can be seen", () => {
    const end = HOUR + 40;
    const scale = toScale(
      [
        { from: 0, to: 20 },
        { from: HOUR + 20, to: end },
      ],
      { from: 0, to: end },
    );
    expect(scale.pieces.map(({ isCut }) => isCut)).toEqual([false, true, false]);
    expect(percents(scale, [0, 20, HOUR + 20, end])).toEqual([0, 45, 55, 100]);
    expect(scale.ticks.every(({ ms }) => ms <= 20 || ms >= HOUR + 20)).toBe(true);
  });

  it("is written as exactly as its steps are apart, also far from its beginning", () => {
    const spans = [
      { from: 0, to: 20 },
      { from: 55_620, to: 55_640 },
    ];
    const { ticks } = toScale(spans, { from: 0, to: 55_640 });
    expect(ticks.map(({ text }) => text)).toEqual(["0", "10 ms", "55.62 s", "55.63 s", "55.64 s"]);
  });

  it("is cut at its end where something still waits", () => {
    const scale = toScale([{ from: 0, to: 20 }], { from: 0, to: HOUR });
    expect(percents(scale, [20, HOUR])).toEqual([90, 100]);
  });

  it.each([
    ["before it begins", -5, 0],
    ["after it ends", 500, 100],
  ])("is drawn at the edge %s", (_, ms, percent) => {
    expect(percents(toScale([], { from: 0, to: 100 }), [ms])).toEqual([percent]);
  });

  it("has a place also where all was at once", () => {
    expect(toScale([{ from: 7, to: 7 }], { from: 7, to: 7 }).at(7)).toBe(0);
  });
});
