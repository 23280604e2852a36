import { isObject } from "./json.ts";

/**
 * Takes a JSON object apart without reading its values, so that every number keeps its digits.
 *
 * in      deepest: levels that it may be nested
 * out     name to JSON text; of members with one name the last counts
 * throws  SyntaxError for anything but such a JSON object
 */
export function splitObject(text: string, deepest = Number.POSITIVE_INFINITY): Map<string, string> {
  const parsed: unknown = JSON.parse(text);
  if (!isObject(parsed) || Array.isArray(parsed)) throw new SyntaxError("must be a JSON object");
  const members = new Map<string, string>();
  let depth = 0;
  let name: string | undefined;
  let start = 0;
  // The text is valid JSON from here on: outside of strings only brackets, colons and commas matter.
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) {
      const from = at;
      at = endOfString(text, at);
      if (depth === 1 && name === undefined) name = JSON.parse(text.slice(from, at + 1)) as string;
    } else if (char === OPEN_BRACE || char === OPEN_BRACKET) {
      if (++depth > deepest) throw new SyntaxError(`must be at most ${deepest} deep`);
    } else if (char === COLON && depth === 1) {
      start = at + 1;
    } else if (char === COMMA || char === CLOSE_BRACE || char === CLOSE_BRACKET) {
      if (depth === 1 && name !== undefined) {
        members.set(name, text.slice(start, at).trim());
        name = undefined;
      }
      if (char !== COMMA) depth--;
    }
  }
  return members;
}

/**
 * The same for the elements of a JSON array.
 *
 * in  text that parses as a JSON array
 */
export function elementsOf(text: string): readonly string[] {
  const elements: string[] = [];
  let depth = 0;
  let start = text.indexOf("[") + 1;
  for (let at = start - 1; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) at = endOfString(text, at);
    else if (char === OPEN_BRACKET || char === OPEN_BRACE) depth++;
    else if (char === CLOSE_BRACKET || char === CLOSE_BRACE) depth--;
    if ((char === COMMA && depth === 1) || (char === CLOSE_BRACKET && depth === 0)) {
      elements.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  return elements.length === 1 && elements[0] === "" ? [] : elements;
}

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/** out: where the string that opens at `from` closes. */
function endOfString(text: string, from: number): number {
  let at = text.indexOf('"', from + 1);
  while (isEscaped(text, at)) at = text.indexOf('"', at + 1);
  return at;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}
