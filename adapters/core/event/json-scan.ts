const [QUOTE, BACKSLASH, OPEN_BRACE, OPEN_BRACKET] = Buffer.from('"\\{[') as unknown as readonly number[];
export const [COMMA, COLON, CLOSE_BRACE, CLOSE_BRACKET] = Buffer.from(",:}]") as unknown as readonly number[];

/**
 * The one place that looks into JSON without parsing it: where the commas and colons of an object or array stand, not those of what is in
 * it, and at last its closing bracket, of whichever kind. Ends without one where the text does.
 *
 * in      from: its opening bracket; deepest: levels that it may be nested
 * throws  SyntaxError for more levels
 */
export function* separatorsOf(body: Buffer, from: number, deepest = Number.POSITIVE_INFINITY): Generator<number> {
  let depth = 0;
  for (let at = from; at < body.length; at++) {
    const byte = body[at];
    if (byte === QUOTE) {
      at = endOfString(body, at);
      if (at < 0) return;
    } else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
      if (++depth > deepest) throw new SyntaxError(`must be at most ${deepest} deep`);
    } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) {
      if (--depth > 0) continue;
      yield at;
      return;
    } else if (depth === 1 && (byte === COMMA || byte === COLON)) yield at;
  }
}

/** out: where the string that opens at `from` closes; -1 where it does not. */
function endOfString(body: Buffer, from: number): number {
  let at = body.indexOf(QUOTE as number, from + 1);
  while (at >= 0 && isEscaped(body, at)) at = body.indexOf(QUOTE as number, at + 1);
  return at;
}

function isEscaped(body: Buffer, at: number): boolean {
  let backslashes = 0;
  while (body[at - 1 - backslashes] === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}
