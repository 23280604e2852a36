import { createHash, type Hash } from "node:crypto";
import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import type { Message } from "../event/decode.ts";
import { KEPT_BYTES } from "../event/event-size.ts";

/** A body up to here is held beside others; of larger ones, one at a time. */
const FREE_BYTES = 256 * 1024;

export type Body = Pick<Message, "body" | "overflow">;

interface ReadOptions {
  /** What is longer is not held: its beginning, length and hash are. */
  readonly maxBytes: number;
  /** Sees all of what is longer, piece by piece, and keeps none of the pieces. */
  readonly onLonger?: ((chunk: Buffer) => void) | undefined;
  /** What Content-Length says. */
  readonly length?: string | undefined;
  /** Its end is the end of what the body is needed for. */
  readonly response: Writable;
}

/**
 * Reads the bodies of one server, whatever their length, in bounded memory: each up to FREE_BYTES, one more up to maxBytes, and
 * of what is longer KEPT_BYTES.
 *
 * throws  the stream's error for a body that is cut off
 */
export function createBodyReader(): (stream: Readable, options: ReadOptions) => Promise<Body> {
  const takeTurn = createTurns();
  return (stream, options) =>
    Number(options.length) <= Math.min(FREE_BYTES, options.maxBytes) ? readSmall(stream) : readLarge(stream, options);

  function readLarge(stream: Readable, { maxBytes, length, response, onLonger }: ReadOptions): Promise<Body> {
    return new Promise((resolve, reject) => {
      let chunks: Buffer[] = [];
      let bytes = 0;
      let hash: Hash | undefined;
      let giveTurnBack = () => {};
      let hasAsked = false;
      // What comes from a socket is nobody else's.
      const free = (stream as { readonly socket?: unknown }).socket instanceof Socket ? freeNow : () => {};

      const overflow = () => {
        hash = createHash("sha256");
        for (const chunk of chunks) {
          hash.update(chunk);
          onLonger?.(chunk);
        }
        const kept = Buffer.concat(chunks, Math.min(bytes, KEPT_BYTES));
        for (const chunk of chunks) free(chunk);
        chunks = [kept];
        giveTurnBack();
      };
      const waitForTurn = () => {
        hasAsked = true;
        stream.pause();
        takeTurn().then((giveBack) => {
          giveTurnBack = giveBack;
          // Whoever is gone waits for nothing.
          if (stream.destroyed) giveBack();
          stream.resume();
        });
      };
      stream.on("data", (chunk: Buffer) => {
        if (hash) {
          hash.update(chunk);
          onLonger?.(chunk);
          const isKept = bytes < KEPT_BYTES;
          bytes += chunk.byteLength;
          if (isKept) chunks.push(chunk);
          else free(chunk);
          return;
        }
        chunks.push(chunk);
        bytes += chunk.byteLength;
        if (bytes > maxBytes) overflow();
        else if (bytes > FREE_BYTES && !hasAsked) waitForTurn();
      });
      stream.on("error", (error) => {
        giveTurnBack();
        reject(error);
      });
      stream.on("end", () => {
        if (hash) {
          const body = Buffer.concat(chunks, Math.min(bytes, KEPT_BYTES));
          resolve({ body, overflow: { length: bytes, sha256: hash.digest("hex") } });
          return;
        }
        if (hasAsked) for (const event of ["finish", "close"]) response.once(event, giveTurnBack);
        const body = joined(chunks);
        if (chunks.length > 1) for (const chunk of chunks) free(chunk);
        resolve({ body });
      });
      // What says itself that it is too long needs no turn.
      if (Number(length) > maxBytes) overflow();
    });
  }
}

/** A body that says how short it is, as nearly all are. Node lets none be longer than it says. */
function readSmall(stream: Readable): Promise<Body> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("end", () => resolve({ body: joined(chunks) }));
  });
}

function joined(chunks: readonly Buffer[]): Buffer {
  const [first = Buffer.alloc(0), ...more] = chunks;
  return more.length === 0 ? first : Buffer.concat(chunks);
}

/** Now, not when the collector comes: chunks of some 64 MiB would wait for it. A part of something larger is left alone. */
function freeNow({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** out: resolves with what ends the turn, once all earlier turns have ended. */
function createTurns(): () => Promise<() => void> {
  let last = Promise.resolve();
  return async () => {
    const before = last;
    const turn = Promise.withResolvers<void>();
    last = turn.promise;
    await before;
    return turn.resolve;
  };
}
