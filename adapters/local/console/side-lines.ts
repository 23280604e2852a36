import type { Readable } from "node:stream";

const NEWLINE = 0x0a;

/** Reads lines from a stream, many at once: an interface of `node:readline` would cost what they do. */
export function onLines(from: Readable, onLine: (line: string) => void): void {
  let begun: Buffer[] = [];
  from.on("error", () => {});
  from.on("data", (chunk: Buffer) => {
    const last = chunk.lastIndexOf(NEWLINE);
    if (last < 0) return void begun.push(chunk);
    const whole = Buffer.concat([...begun, chunk.subarray(0, last)]).toString();
    begun = last + 1 < chunk.length ? [chunk.subarray(last + 1)] : [];
    for (const line of whole.split("\n")) onLine(line);
  });
}
