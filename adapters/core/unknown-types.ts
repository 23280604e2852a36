import { eventKey } from "./ids.ts";
import type { Outcome } from "./outcome.ts";

/** Events that wait, at once. */
const MOST_WAITING = 1_000;
/** No transport lets a redelivery wait for longer: whatever has not come again by then was taken by another process. */
const FORGOTTEN_AFTER_MS = 60 * 60 * 1_000;

/** What a process does about events whose type is in no catalogue. */
export interface UnknownTypes {
  /** out: retry as long as its time is not over, then ack */
  judge(event: { readonly source: string; readonly id: string }, now: number): Outcome;
}

interface UnknownTypesOptions {
  /** How long an event is tried again before it is acknowledged. 0: not at all. */
  readonly ms: number;
}

/**
 * Lets events of an unknown type come again for a while: in a rolling deploy a newer process may get them then. What is
 * remembered ends with the process, so that an event has its time once more after a restart. Where too many wait, a further
 * one comes again without being remembered, and its time begins when another's has ended. Nobody is forgotten to make
 * room before its time, so that all come to their end.
 */
export function createUnknownTypes({ ms }: UnknownTypesOptions): UnknownTypes {
  /** By event key, in the order of their first delivery: ms since the epoch. */
  const waiting = new Map<string, number>();

  /** Of those that came first, as many as are never to come again. */
  const forgetTaken = (now: number) => {
    for (const [key, since] of waiting) {
      if (now - since < ms + FORGOTTEN_AFTER_MS) return;
      waiting.delete(key);
    }
  };

  return {
    judge(event, now) {
      if (ms === 0) return UNKNOWN;
      const key = eventKey(event);
      const since = waiting.get(key);
      if (since !== undefined && now - since >= ms) {
        waiting.delete(key);
        return UNKNOWN;
      }
      if (since === undefined) {
        forgetTaken(now);
        if (waiting.size < MOST_WAITING) waiting.set(key, now);
      }
      return { kind: "retry", code: "unknown", reason: `type: is in no catalogue, comes again for ${ms} ms` };
    },
  };
}

const UNKNOWN: Outcome = { kind: "ack", how: "unknown" };
