/** Something that is known only where it is deployed: a parameter without a default, another stack's output. */
export const UNKNOWN = Symbol("known only where it is deployed");

/** Of a template or a plan, resolved: texts, numbers, lists and maps; `undefined` where nothing is said. */
export type Value = unknown;
export type Values = Readonly<Record<string, Value>>;

/** `undefined`: not said, or not known. */
export function numberIn(value: Value): number | undefined {
  if (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  return typeof value === "number" ? value : undefined;
}

/** What is said, or what AWS takes where nothing is. `undefined`: not known. */
export const numberOr = (value: Value, otherwise: number): number | undefined =>
  value === undefined ? otherwise : numberIn(value);

export const textIn = (value: Value): string | undefined => (typeof value === "string" ? value : undefined);

export const isTrue = (value: Value): boolean => value === true || value === "true";

/** One is a list of one. */
export const listIn = (value: Value): readonly Value[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** Of JSON in a text as well, as the AWS CLI takes policies. */
export function mapIn(value: Value): Values {
  if (typeof value === "string" && value.startsWith("{")) return jsonIn(value);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Values) : {};
}

function jsonIn(text: string): Values {
  try {
    return mapIn(JSON.parse(text));
  } catch {
    return {};
  }
}
