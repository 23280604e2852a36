/** At once. The first ones of a crowd are let in before anything is known of how long they take. */
const FIRST = 64;
const MOST = 128;
const LEAST = 4;
/** Of the time that a dispatch may take. */
const GOOD_SHARE = 0.25;
const LESS = 0.9;

interface Admission {
  isFull(): boolean;
  /** out: undefined where there is no room, and nothing was done */
  admit<T>(work: () => Promise<T>): Promise<T | undefined>;
}

/**
 * Counts what is being done for customers, and lets in no more than can be done in time: each one that took no longer than a
 * quarter of what a dispatch may take makes room for one more, each other one takes a tenth of the room away. While one is
 * done, the room at most doubles, so that the next takes at most twice as long as what was good: half of what it may. A
 * ledger that is slow and a processor that is busy look the same from here, and need the same.
 *
 * source  additive increase, multiplicative decrease, as in TCP
 */
export function createAdmission({ deadlineMs, now = () => performance.now() }: AdmissionOptions): Admission {
  let inFlight = 0;
  let room = FIRST;
  const isFull = () => inFlight >= room;
  return {
    isFull,
    async admit(work) {
      if (isFull()) return undefined;
      inFlight++;
      const began = now();
      try {
        return await work();
      } finally {
        inFlight--;
        const isGood = now() - began <= deadlineMs * GOOD_SHARE;
        room = isGood ? Math.min(room + 1, MOST) : Math.max(room * LESS, LEAST);
      }
    },
  };
}

interface AdmissionOptions {
  readonly deadlineMs: number;
  /** A clock in ms. */
  readonly now?: () => number;
}
