import type { IncomingMessage } from "node:http";
import { type Answer, again, problem } from "../core/edge/answer.ts";
import { BODY_BYTES, BODY_PIECES, tooLarge, tooManyPieces } from "../core/edge/route.ts";
import type { Limits } from "./limits.ts";
import { lengthOf } from "./unread.ts";

const FIRST_BYTES = 4 * 1024;
/** At once: 32 MiB, if each is as long as it may be. */
const MOST_READERS = 128;
/** Who takes longer makes room for others where there is none. */
const SLOW_MS = 1_000;

const TOO_SLOW = problem(408, "body: did not come in time");
const CUT_OFF = problem(400, "body: was cut off");

/** 503: nothing was done. */
export const BUSY: Answer = again("too much at once");

/**
 * Reads what customers send, who may be anybody: no more of it than may be, in bounded time, in as much memory as it has
 * bytes, and of not too many at once.
 *
 * out  the body, or what to answer instead
 */
export function createEdgeBody({ bodyMs }: Limits): (raw: IncomingMessage) => Promise<Buffer | Answer> {
  const readers = new Map<(result: Answer) => void, number>();

  const hasRoom = () => {
    if (readers.size < MOST_READERS) return true;
    const [[end, began] = []] = readers;
    if (!end || performance.now() - Number(began) < SLOW_MS) return false;
    end(TOO_SLOW);
    return true;
  };

  return async (raw) => {
    const length = lengthOf(raw);
    if (length === 0) return Buffer.alloc(0);
    if (Number(raw.headers["content-length"]) > BODY_BYTES) return tooLarge();
    if (!hasRoom()) return BUSY;
    const { promise, resolve } = Promise.withResolvers<Buffer | Answer>();
    let held = Buffer.alloc(Math.min(length, FIRST_BYTES));
    let bytes = 0;
    let pieces = 0;
    const end = (result: Buffer | Answer) => {
      clearTimeout(timer);
      readers.delete(end);
      raw.off("data", keep).off("end", whole).off("close", cutOff);
      if (!Buffer.isBuffer(result)) raw.pause();
      resolve(result);
    };
    const whole = () => end(held.subarray(0, bytes));
    const cutOff = () => end(CUT_OFF);
    const keep = (chunk: Buffer) => {
      if (bytes + chunk.byteLength > BODY_BYTES) return end(tooLarge());
      if (++pieces > BODY_PIECES) return end(tooManyPieces());
      if (bytes + chunk.byteLength > held.byteLength) {
        const longer = Buffer.alloc(Math.max(bytes + chunk.byteLength, Math.min(2 * held.byteLength, BODY_BYTES)));
        held.copy(longer);
        held = longer;
      }
      bytes += chunk.copy(held, bytes);
    };
    const timer = setTimeout(() => end(TOO_SLOW), bodyMs).unref();
    readers.set(end, performance.now());
    raw.on("data", keep).once("end", whole).once("close", cutOff);
    return promise;
  };
}
