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
  ["2026-02-29T00:00:00Z", Number.NaN],
  ["2028-02-29T00:00:00Z", Date.UTC(2028, 1, 29)],
  ["2026-02-30T00:00:00Z", Number.NaN],
  ["2026-04-30T00:00:00Z", Date.UTC(2026, 3, 30)],
  ["2026-04-31T00:00:00Z", Number.NaN],
  ["2026-12-31T00:00:00.000Z", Date.UTC(2026, 11, 31)],
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

it("counts the offset, and of the fraction three digits, on every day of the year", () => {
  const twoDigits = (value: number) => String(value).padStart(2, "0");
  const at = fc.record({
    day: fc.integer({ min: 0, max: 365 }),
    minutes: fc.integer({ min: -1439, max: 1439 }),
    fraction: fc.stringMatching(/^\d{1,12}$/),
    separator: fc.constantFrom("T", "t"),
  });
  fc.assert(
    fc.property(at, ({ day, minutes, fraction, separator }) => {
      const midnight = Date.UTC(2024, 0, 1 + day);
      const date = new Date(midnight).toISOString().slice(0, 10);
      const [sign, size] = minutes < 0 ? ["-", -minutes] : ["+", minutes];
      const offset = `${sign}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`;
      const ms = Number(fraction.slice(0, 3).padEnd(3, "0"));
      const text = `${date}${separator}01:02:03.${fraction}${offset}`;
      expect(toInstant(text)).toBe(midnight + ((62 - minutes) * 60 + 3) * 1_000 + ms);
    }),
  );
});
