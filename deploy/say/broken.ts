import type { EventType } from "../../functions/kernel/define.ts";
import { Dead } from "../../functions/kernel/outcome.ts";

/** Data that its schema refuses for one field, and what was done to it. */
export interface Broken {
  readonly data: unknown;
  /** As `data.total.amount is "2500" instead of 2500`. */
  readonly what: string;
}

interface Place {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/**
 * Breaks valid data in one field, so that somebody can mend it: a number becomes its text. Where that is no fault, other fields
 * are broken in other ways. What the event is about stays, unless there is nothing else in it.
 *
 * throws  Error where its schema takes anything
 */
export function breakData(data: unknown, { type, parse, subjectOf }: EventType): Broken {
  const places = placesIn(data);
  const ways = [
    ...places
      .filter(({ value }) => typeof value === "number")
      .map((place) => ({ place, bad: String(place.value) as unknown })),
    ...places.map((place) => ({ place, bad: typeof place.value === "object" ? "none" : {} })),
    ...places.map((place) => ({ place, bad: undefined })),
  ];
  const subject = subjectIn(data, subjectOf);
  const broken = ways
    .map(({ place, bad }) => ({ place, bad, data: put(data, place.path, bad) }))
    .filter((way) => isRefused(parse, way.data));
  const best = broken.find((way) => subjectIn(way.data, subjectOf) === subject) ?? broken[0];
  if (best) {
    const { place, bad } = best;
    const now =
      bad === undefined ? "is missing" : `is ${JSON.stringify(bad)} instead of ${JSON.stringify(place.value)}`;
    return { data: best.data, what: `data.${place.path.join(".")} ${now}` };
  }
  throw new Error(`${type}: its schema refuses nothing that could be done to its sample`);
}

function placesIn(value: unknown, path: Place["path"] = []): readonly Place[] {
  if (typeof value !== "object" || value === null) return path.length > 0 ? [{ path, value }] : [];
  const inside = Object.entries(value).flatMap(([key, field]) =>
    placesIn(field, [...path, Array.isArray(value) ? Number(key) : key]),
  );
  return path.length > 0 ? [...inside, { path, value }] : inside;
}

function put(data: unknown, [key, ...rest]: Place["path"], bad: unknown): unknown {
  if (key === undefined) return bad;
  const { [key]: field, ...others } = data as Record<string | number, unknown>;
  const next = put(field, rest, bad);
  if (Array.isArray(data)) return next === undefined ? data.toSpliced(Number(key), 1) : data.with(Number(key), next);
  return next === undefined ? others : { ...(data as object), [key]: next };
}

function isRefused(parse: EventType["parse"], data: unknown): boolean {
  try {
    parse(data);
    return false;
  } catch (error) {
    return error instanceof Dead;
  }
}

/** It is made of valid data: of other data it may be anything. */
function subjectIn(data: unknown, subjectOf: EventType["subjectOf"]): unknown {
  try {
    return subjectOf(data);
  } catch {
    return undefined;
  }
}
