import { Dead } from "../../../functions/kernel/outcome.ts";

/**
 * Why a message is no event.
 *
 * size          larger than the limit
 * content-type  not a CloudEvents media type, no `ce-` header, or a charset other than UTF-8
 * utf8          bytes that are not UTF-8
 * json          not JSON, or JSON of another shape (no object, a batch that is no array)
 * depth         data nested deeper than 64 levels
 * prototype     a `__proto__` or `constructor.prototype` member
 * attribute     a context attribute that breaks a rule of CloudEvents 1.0
 * data          both data and data_base64, bad base64, a number beyond the range of a double
 * envelope      carried in a way in which its carrier carries nothing
 */
export type RefusalCode =
  | "size"
  | "content-type"
  | "utf8"
  | "json"
  | "depth"
  | "prototype"
  | "attribute"
  | "data"
  | "envelope";

/** out: a Dead whose message reads `<part>: must <rule>, got <what>`. */
export const refusal = (
  code: RefusalCode,
  part: string,
  found: { readonly must: string; readonly got: string },
): Dead => new Dead(code, `${part}: must ${found.must}, got ${found.got}`);

/** The kind of a value in words, never the value. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (value === "") return "an empty string";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") return "an object";
  return `a ${typeof value}`;
}

/** A protocol value in quotes, cut to 60 characters; other kinds in words. */
export function quote(value: unknown): string {
  if (typeof value !== "string" || value === "") return kindOf(value);
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 59)}…` : value);
}
