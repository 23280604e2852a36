import type { Dead } from "../../../functions/kernel/outcome.ts";
import { asBuffer } from "./as-buffer.ts";
import { CLOSE_BRACE, CLOSE_BRACKET, COLON, separatorsOf } from "./json-scan.ts";
import { refusal } from "./refusal.ts";

/** Of one batch: a refusal costs some microseconds and a letter, and 4 MiB of `1,` are two million of them. */
export const MAX_EVENTS = 10_000;

type RestCode = "json" | "size";

/** A part of a batch: an element, or what is left where there is no going on: it is no JSON array, or has too many elements. */
export type Part = { readonly element: Uint8Array } | { readonly rest: Uint8Array; readonly code: RestCode };

const [OPEN_BRACKET] = Buffer.from("[") as unknown as readonly number[];
const BOM = Buffer.from("\ufeff");

/**
 * Takes the bytes of a JSON array apart, one element after the other, without parsing them: that is for whoever takes them, so
 * that a broken one is alone, and never are all of them in memory as values.
 */
export function* partsOf(bytes: Uint8Array): Generator<Part> {
  const body = asBuffer(bytes);
  const first = skipBlanks(body, body.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0);
  if (body[first] !== OPEN_BRACKET) {
    yield { rest: body, code: "json" };
    return;
  }
  let start = first + 1;
  let count = 0;
  for (const at of separatorsOf(body, first)) {
    const byte = body[at];
    if (byte === COLON) continue;
    if (byte === CLOSE_BRACE) break;
    const isEnd = byte === CLOSE_BRACKET;
    const element = trimmed(body, start, at);
    if (count === MAX_EVENTS) {
      yield { rest: body.subarray(skipBlanks(body, start)), code: "size" };
      return;
    }
    if (!isEnd || count > 0 || element.length > 0) yield { element };
    count++;
    start = at + 1;
    if (!isEnd) continue;
    const behind = skipBlanks(body, start);
    if (behind < body.length) yield { rest: body.subarray(behind), code: "json" };
    return;
  }
  yield { rest: body.subarray(skipBlanks(body, start)), code: "json" };
}

const isBlank = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

function skipBlanks(body: Buffer, from: number): number {
  let at = from;
  while (isBlank(body[at])) at++;
  return at;
}

function trimmed(body: Buffer, start: number, end: number): Buffer {
  const from = skipBlanks(body, start);
  let to = end;
  while (to > from && isBlank(body[to - 1])) to--;
  return body.subarray(from, Math.max(from, to));
}

/** As much as a letter holds whole, where it is base64. */
export function* piecesOf(rest: Uint8Array, maxBytes: number): Generator<Uint8Array> {
  const most = Math.ceil(maxBytes / 2);
  for (let from = 0; from === 0 || from < rest.byteLength; from += most) yield rest.subarray(from, from + most);
}

/** Why what is left is no event. */
export const refuseRest = (code: RestCode): Dead =>
  code === "json"
    ? refusal("json", "batch", { must: "be a JSON array of events", got: "other text: this is what is left" })
    : refusal("size", "batch", { must: `have at most ${MAX_EVENTS} events`, got: "more: this is what is left" });
