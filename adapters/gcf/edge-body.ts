import type { Readable } from "node:stream";
import { BODY_PIECES } from "../core/edge/route.ts";

/** Why a body was read no further: longer than it may be, in more pieces, slower, or cut off. */
type Flaw = "long" | "pieces" | "slow" | "cut";

interface ReadOptions {
  readonly maxBytes: number;
  /** What Content-Length says. */
  readonly length?: string | undefined;
  /** For all of it. */
  readonly ms: number;
}

/** Reads a stranger's body as far as it may go, and leaves the rest where it is. */
export function readBody(stream: Readable, { maxBytes, length, ms }: ReadOptions): Promise<Buffer | Flaw> {
  if (Number(length) > maxBytes) return Promise.resolve("long");
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const stop = (outcome: Buffer | Flaw) => {
      clearTimeout(timer);
      stream.off("data", take).pause();
      resolve(outcome);
    };
    const take = (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes > maxBytes) stop("long");
      else if (chunks.length > BODY_PIECES) stop("pieces");
    };
    const timer = setTimeout(stop, ms, "slow");
    stream.on("data", take);
    stream.once("end", () => stop(Buffer.concat(chunks)));
    stream.once("error", () => stop("cut"));
  });
}
