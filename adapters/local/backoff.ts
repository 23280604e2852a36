import type { RetryPolicy } from "./resource-types.ts";

const FIRST_MS = 500;
const GROWTH = 1.5;
const SPREAD = 0.5;
const LONGEST_MS = 15 * 60_000;

interface Backoff {
  /** out: milliseconds until the next attempt, or undefined when there is none. */
  next(): number | undefined;
}

/**
 * The waits between the attempts of one delivery. An exponential policy starts at 0.5 s whatever its `duration`, spreads each
 * wait by half, and ends after 15 minutes.
 *
 * source  github.com/dapr/kit, retry.Config and its defaults
 */
export function createBackoff(policy: RetryPolicy | undefined, random: () => number = Math.random): Backoff {
  if (!policy) return { next: () => undefined };
  const { policy: kind, duration, maxInterval, maxRetries } = policy;
  let retries = 0;
  let interval = Math.min(FIRST_MS, maxInterval);
  let waited = 0;
  return {
    next() {
      if (maxRetries >= 0 && retries >= maxRetries) return undefined;
      retries++;
      if (kind === "constant") return duration;
      const wait = interval * (1 - SPREAD + 2 * SPREAD * random());
      interval = Math.min(interval * GROWTH, maxInterval);
      waited += wait;
      return waited > LONGEST_MS ? undefined : wait;
    },
  };
}
