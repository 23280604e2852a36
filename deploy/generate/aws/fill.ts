/** What placeholders stand for. A list of texts: its line is repeated for each. */
export interface Values {
  readonly [name: string]: string | number | boolean | undefined | readonly string[] | readonly Values[] | Values;
}

const OPENS = /^\s*# <(if|each) (\w+)>$/;
const CLOSES = /^\s*# <\/(if|each)>$/;

/**
 * A skeleton with its values in it.
 *
 * `<name>`                        the value; of a list, the line with each of its texts
 * `# <if name>` … `# </if>`       lines that are there where there is such a value, not an empty one
 * `# <each name>` … `# </each>`   lines that are there for each of a list, with its values before those around it; `first` is
 *                                 true in the first, of lists in lists the first of all
 *
 * throws  Error for a name that has no value
 */
export function fill(skeleton: string, values: Values): string {
  return block(skeleton.split("\n"), values).join("\n");
}

function block(lines: readonly string[], values: Values): readonly string[] {
  const filled: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? "";
    const [, kind, name = ""] = OPENS.exec(line) ?? [];
    if (kind === undefined) filled.push(...fillLine(line, values));
    else {
      const end = endOf(lines, at);
      const inner = lines.slice(at + 1, end);
      if (kind === "each") filled.push(...each(inner, { ...values, items: toValue(name, values) }));
      else if (isThere(values[name])) filled.push(...block(inner, values));
      at = end;
    }
  }
  return filled;
}

/** Where what opens at a line is closed. */
function endOf(lines: readonly string[], from: number): number {
  let depth = 0;
  for (let at = from; at < lines.length; at++) {
    if (OPENS.test(lines[at] ?? "")) depth++;
    if (CLOSES.test(lines[at] ?? "") && --depth === 0) return at;
  }
  throw new Error(`${lines[from]?.trim()}: is never closed`);
}

const each = (lines: readonly string[], { items, ...values }: Values): readonly string[] =>
  (items as readonly Values[]).flatMap((item, nth) =>
    block(lines, { ...values, ...item, first: nth === 0 && values.first !== false }),
  );

const isThere = (value: Values[string]): boolean =>
  Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false && value !== "";

function fillLine(line: string, values: Values): readonly string[] {
  const [, name] = /<(\w+)>/.exec(line) ?? [];
  if (name === undefined) return [line];
  const value = toValue(name, values);
  const texts = Array.isArray(value) ? (value as readonly string[]) : [String(value)];
  return texts.flatMap((text) => {
    const [before = "", ...after] = line.split(`<${name}>`);
    return fillLine(after.join(text), values).map((rest) => `${before}${text}${rest}`);
  });
}

function toValue(name: string, values: Values): NonNullable<Values[string]> {
  const value = values[name];
  if (value === undefined) throw new Error(`<${name}>: has no value`);
  return value;
}
