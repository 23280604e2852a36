import { Exact, isMasked, toJson } from "../masked.ts";

/** Of indented JSON: what is of a person in it stands apart. */
export interface Line {
  /** With what is of a person: to compare. */
  readonly text: string;
  readonly before: string;
  /** To be shown when it is clicked, and what it is. */
  readonly secret?: { readonly text: string; readonly name: string };
  readonly after: string;
}

/** in: a value as `parseJson` has it; paths in it that are about a person */
export function toLines(value: unknown, masked: readonly string[]): readonly Line[] {
  const lines: Line[] = [];
  const put = (line: Omit<Line, "text">) =>
    lines.push({ text: line.before + (line.secret?.text ?? "") + line.after, ...line });
  const write = (each: unknown, path: readonly string[], { name, end }: { name: string; end: string }) => {
    const indent = "  ".repeat(path.length);
    const before = indent + name;
    if (isMasked(masked, path)) {
      const secret = { text: toJson(each), name: path.at(-1) ?? "all of it" };
      return void put({ before, secret, after: end });
    }
    const isScalar = typeof each !== "object" || each === null || each instanceof Exact;
    const entries = isScalar ? [] : Object.entries(each);
    if (entries.length === 0) return void put({ before: before + toJson(each), after: end });
    const [open, close] = Array.isArray(each) ? "[]" : "{}";
    put({ before: before + open, after: "" });
    for (const [index, [key, member]] of entries.entries())
      write(member, [...path, key], {
        name: open === "[" ? "" : `${JSON.stringify(key)}: `,
        end: index < entries.length - 1 ? "," : "",
      });
    put({ before: indent + close, after: end });
  };
  write(value, [], { name: "", end: "" });
  return lines;
}
