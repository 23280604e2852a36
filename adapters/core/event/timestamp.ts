const RFC_3339 =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

/**
 * Whether it is an RFC 3339 timestamp of a day that the calendar has, leap seconds at the end of a UTC day included.
 *
 * source  RFC 3339, sections 5.6 and 5.7
 */
export function isTimestamp(text: string): boolean {
  if (!RFC_3339.test(text)) return false;
  return isPlain(text) || !Number.isNaN(toInstant(text));
}

/** By month, of any year. */
const LAST_DAY = "31 28 31 30 31 30 31 31 30 31 30 31".split(" ");

/** Of a day that its month has in every year, and without a leap second: nothing of it needs the calendar. */
const isPlain = (text: string): boolean =>
  text.slice(8, 10) <= (LAST_DAY[Number(text.slice(5, 7)) - 1] ?? "") && text.slice(17, 19) !== "60";

/**
 * The instant of an RFC 3339 timestamp. Unlike Date.parse it knows leap seconds: each is the second after it, as in POSIX.
 *
 * out     milliseconds since 1970, NaN for what is no timestamp
 */
export function toInstant(text: string): number {
  if (!RFC_3339.test(text)) return Number.NaN;
  // Not any longer: V8 reads a fraction of more than three digits as another one.
  if (isPlain(text) && text.length <= "1970-01-01T00:00:00.000Z".length) return Date.parse(text.toUpperCase());
  const field = (start: number, end: number) => Number(text.slice(start, end));
  const day = new Date(0);
  // Date.UTC would take the years 0 to 99 for 1900 to 1999.
  day.setUTCFullYear(field(0, 4), field(5, 7) - 1, field(8, 10));
  if (day.getUTCDate() !== field(8, 10)) return Number.NaN;
  const zone = /[Zz]$/.test(text) ? "+00:00" : text.slice(-6);
  const offset = (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))) * (zone[0] === "-" ? -MINUTE : MINUTE);
  const instant = day.getTime() + (field(11, 13) * 60 + field(14, 16)) * MINUTE - offset + field(17, 19) * 1000;
  if (field(17, 19) === 60 && instant % DAY !== 0) return Number.NaN;
  const [, fraction = ""] = /\.(\d+)/.exec(text) ?? [];
  return instant + Number(fraction.slice(0, 3).padEnd(3, "0"));
}
