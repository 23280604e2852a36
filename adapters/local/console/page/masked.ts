/** A number that JavaScript would write otherwise, as it stands in the text: 9007199254740993, 2.50 */
export class Exact {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
  /** As it stands, where the browser can write it so. */
  toJSON(): unknown {
    return rawJSON?.(this.source) ?? Number(this.source);
  }
}

// The library types do not know raw JSON, and not every browser does.
const { rawJSON } = JSON as unknown as { rawJSON?(text: string): unknown };

type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;

const keepNumbers: Reviver = (_, value, context) =>
  typeof value === "number" && context?.source !== undefined && context.source !== String(value)
    ? new Exact(context.source)
    : value;

/** out: undefined where it is no JSON */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text, keepNumbers as (key: string, value: unknown) => unknown) };
  } catch {
    return undefined;
  }
}

export const MASK = "•••••";

/** masked: paths such as `customer.email` and `items.*.name`, `*` for each of a list or of a record, "" for all of it. path: the names on the way */
export const isMasked = (masked: readonly string[], path: readonly string[]): boolean =>
  masked.some((each) => {
    const names = each === "" ? [] : each.split(".");
    return names.length === path.length && names.every((name, index) => name === "*" || name === path[index]);
  });

/** For what leaves the page: no masked value is in it. What is no JSON is left out as a whole where anything would be masked. */
export function maskText(text: string, masked: readonly string[]): string {
  const parsed = parseJson(text);
  if (!parsed) return masked.length > 0 ? MASK : text;
  return toJson(parsed.value, masked);
}

/** What was parsed here → JSON, its numbers as they stood. */
export function toJson(value: unknown, masked: readonly string[] = [], path: readonly string[] = []): string {
  if (isMasked(masked, path)) return JSON.stringify(MASK);
  if (value instanceof Exact) return value.source;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const parts = Object.entries(value).map(([name, each]) => {
    const text = toJson(each, masked, [...path, name]);
    return Array.isArray(value) ? text : `${JSON.stringify(name)}:${text}`;
  });
  return Array.isArray(value) ? `[${parts.join()}]` : `{${parts.join()}}`;
}
