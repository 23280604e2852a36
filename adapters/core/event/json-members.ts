import { isObject } from "./json.ts";
import { COLON, COMMA, separatorsOf } from "./json-scan.ts";

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
  const body = Buffer.from(text);
  const members = new Map<string, string>();
  let start = body.indexOf("{");
  let name = "";
  for (const at of separatorsOf(body, start, deepest)) {
    const part = body.toString("utf8", start + 1, at).trim();
    if (body[at] === COLON) name = JSON.parse(part) as string;
    else if (part !== "") members.set(name, part);
    start = at;
  }
  return members;
}

/**
 * The same for the elements of a JSON array.
 *
 * in  text that parses as a JSON array
 */
export function elementsOf(text: string): readonly string[] {
  const body = Buffer.from(text);
  const elements: string[] = [];
  let start = body.indexOf("[");
  for (const at of separatorsOf(body, start)) {
    const element = body.toString("utf8", start + 1, at).trim();
    if (element !== "" || body[at] === COMMA) elements.push(element);
    start = at;
  }
  return elements;
}
