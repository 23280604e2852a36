import { eventKey } from "../event/ids.ts";
import { UNKNOWN } from "./interest.ts";
import type { Outcome } from "./outcome.ts";

/** Events that wait, at once. */
const MOST_WAITING = 1_000;
/** Transports wait 10 min at most between two deliveries: what has not come again by then was taken by another process. */
const TAKEN_AFTER_MS = 15 * 60 * 1_000;

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
  /** By event key, in the order of their last delivery. In ms since the epoch. */
  const waiting = new Map<string, { readonly since: number; readonly seen: number }>();

  /** Of those that have not come for the longest time, as many as are never to come again. */
  const forgetTaken = (now: number) => {
    for (const [key, { seen }] of waiting) {
      if (now - seen < TAKEN_AFTER_MS) return;
      waiting.delete(key);
    }
  };

  return {
    judge(event, now) {
      if (ms === 0) return UNKNOWN;
      const key = eventKey(event);
      const since = waiting.get(key)?.since ?? now;
      waiting.delete(key);
      if (now - since >= ms) return UNKNOWN;
      forgetTaken(now);
      if (waiting.size < MOST_WAITING) waiting.set(key, { since, seen: now });
      return { kind: "retry", code: "unknown", reason: `type: is in no catalogue, comes again for ${ms} ms` };
    },
  };
}
