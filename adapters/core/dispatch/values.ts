/** Of those that are looked at. */
const MOST_VALUES = 10_000;
/** Of a value that tells something. */
const LEAST_CHARACTERS = 3;
/** A shorter one may stand in a word or a number by chance. */
const LONG = 8;
/** By which a value is found that a text has only the beginning of. */
const HEAD = 40;
const VALUE = "<value>";
/** What an engine shows of a text that it could not read, which may have quotes of its own. */
const QUOTED = [/"(.{3,})"/g, /"([^"]{3,})"/g];

/**
 * A text without the values that data holds, whole, cut off at their end, or as parts in quotes: messages of errors repeat what they
 * stumbled over. Of data that holds too much to look at, nothing is told but what comes before the first colon, the error's name.
 */
export function withoutValues(text: string, data: unknown): string {
  const values = valuesIn(data);
  if (!values) return text.replace(/:.*/s, `: ${VALUE}`);
  const longestFirst = values.filter((value) => text.includes(value.slice(0, HEAD))).sort(byLength);
  const masked = longestFirst.reduce(without, text);
  return QUOTED.reduce(
    (rest, quoted) =>
      rest.replace(quoted, (whole, part: string) =>
        part !== VALUE && values.some((value) => value.includes(part)) ? `"${VALUE}"` : whole,
      ),
    masked,
  );
}

const byLength = (one: string, other: string): number => other.length - one.length;

function without(text: string, value: string): string {
  let rest = text;
  const head = value.slice(0, HEAD);
  for (let at = rest.indexOf(head); at >= 0; at = rest.indexOf(head, at)) {
    let length = head.length;
    while (length < value.length && rest[at + length] === value[length]) length++;
    const isWord = value.length < LONG && (isPartOfWord(rest[at - 1]) || isPartOfWord(rest[at + length]));
    if (!isWord) rest = `${rest.slice(0, at)}${VALUE}${rest.slice(at + length)}`;
    at += isWord ? length : VALUE.length;
  }
  return rest;
}

const isPartOfWord = (character = ""): boolean => /[a-z0-9]/i.test(character);

/** out: every text and number, in one line each; undefined where there are too many */
function valuesIn(data: unknown): string[] | undefined {
  const values = new Set<string>();
  const waiting: unknown[] = [data];
  while (waiting.length > 0) {
    if (values.size > MOST_VALUES || waiting.length > MOST_VALUES) return undefined;
    const one = waiting.pop();
    if (one === undefined || one === null || typeof one === "boolean" || ArrayBuffer.isView(one)) continue;
    if (typeof one === "object") {
      const inner = Object.values(one);
      if (inner.length > MOST_VALUES) return undefined;
      waiting.push(...inner);
      continue;
    }
    const value = String(one).replace(/\s+/g, " ");
    if (value.length >= LEAST_CHARACTERS) values.add(value);
  }
  return [...values];
}
