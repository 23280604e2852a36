import fc from "fast-check";
import { expect, it } from "vitest";
import { isTimestamp, toInstant } from "./timestamp.ts";

it.each([
  ["1970-01-01T00:00:00Z", 0],
  ["2026-11-23T10:00:00.5+01:30", Date.UTC(2026, 10, 23, 8, 30, 0, 500)],
  ["2026-11-23T10:00:00.9999999999999999999999Z", Date.UTC(2026, 10, 23, 10, 0, 0, 999)],
  ["2016-12-31T23:59:60Z", Date.UTC(2017, 0, 1)],
  ["2016-12-31T15:59:60.250-08:00", Date.UTC(2017, 0, 1, 0, 0, 0, 250)],
  ["0099-12-31T23:59:59Z", Date.parse("0099-12-31T23:59:59Z")],
  ["2026-02-30T00:00:00Z", Number.NaN],
  ["2016-12-31T23:59:60+01:00", Number.NaN],
  ["yesterday", Number.NaN],
])("%s is the instant %d", (text, instant) => {
  expect(toInstant(text)).toBe(instant);
  expect(isTimestamp(text)).toBe(!Number.isNaN(instant));
});

it("agrees with Date on every instant of the years 0 to 9999", () => {
  const min = new Date("0000-01-01T00:00:00Z");
  const max = new Date("9999-12-31T23:59:59.999Z");
  fc.assert(
    fc.property(fc.date({ min, max, noInvalidDate: true }), (date) => {
      expect(toInstant(date.toISOString())).toBe(date.getTime());
    }),
  );
});
