import { Exact, toJson } from "./masked.ts";

/** Data that is no longer what its schema wants, and what was done to it. */
export interface Spoilt {
  readonly data: unknown;
  /** As `data.total.amount is "2500" instead of 2500`. */
  readonly what: string;
}

type Path = readonly (string | number)[];

/**
 * Spoils one field so that somebody can mend it: a number becomes its text; where there is none, a text becomes an object. What an
 * event is about stays, so that it is still found by it.
 *
 * out  undefined where there is no field
 */
export function spoil(data: unknown): Spoilt | undefined {
  const places = [...leavesOf(data)];
  const place =
    places.find(({ value }) => isNumber(value)) ??
    places.find(({ path, value }) => typeof value === "string" && !isId(path)) ??
    places[0];
  if (!place) return undefined;
  const bad = isNumber(place.value) ? toJson(place.value) : {};
  return {
    data: put(data, place.path, bad),
    what: `data.${place.path.join(".")} is ${JSON.stringify(bad)} instead of ${toJson(place.value)}`,
  };
}

/** The same about something new: each id in it becomes one that nobody has seen, equal ones the same. */
export function renew(data: unknown, newId: () => string): unknown {
  const ids = new Map<unknown, string>();
  let renewed = data;
  for (const { path, value } of leavesOf(data)) {
    if (typeof value !== "string" || !isId(path)) continue;
    const id = ids.get(value) ?? toNew(value, newId());
    ids.set(value, id);
    renewed = put(renewed, path, id);
  }
  return renewed;
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** As long as it was, so to say: `o-1` becomes `o-3f9ac2`. */
function toNew(old: string, uuid: string): string {
  if (UUID.test(old)) return uuid;
  return `${old.slice(0, old.lastIndexOf("-") + 1)}${uuid.slice(0, 6)}`;
}

const isNumber = (value: unknown): boolean => typeof value === "number" || value instanceof Exact;

const isId = (path: Path) => /(^i|I)d$/.test(String(path.at(-1)));

function* leavesOf(value: unknown, path: Path = []): Generator<{ readonly path: Path; readonly value: unknown }> {
  if (typeof value !== "object" || value === null || value instanceof Exact) {
    if (path.length > 0) yield { path, value };
    return;
  }
  for (const [key, field] of Object.entries(value))
    yield* leavesOf(field, [...path, Array.isArray(value) ? Number(key) : key]);
}

function put(data: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(data)) return data.with(Number(key), put(data[Number(key)], rest, value));
  const fields = data as Readonly<Record<string, unknown>>;
  return { ...fields, [key]: put(fields[key], rest, value) };
}
