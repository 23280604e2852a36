import type { Happening } from "../api-types.ts";

/** What a plot shows. */
export const KEPT_S = 180;
/** Over so many whole seconds a rate is taken, so that it can be read. */
const RATE_S = 5;
const FAILED_S = 60;

/** How many there were in each of the last seconds. */
class Ring {
  readonly #seconds = new Float64Array(KEPT_S);
  readonly #counts = new Uint32Array(KEPT_S);

  add(second: number): void {
    const index = second % KEPT_S;
    if (second < (this.#seconds[index] ?? 0)) return;
    if (second > (this.#seconds[index] ?? 0)) this.#counts[index] = 0;
    this.#seconds[index] = second;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  at(second: number): number {
    const index = second % KEPT_S;
    return this.#seconds[index] === second ? (this.#counts[index] ?? 0) : 0;
  }

  /** Of the `count` seconds before `second`. */
  before(second: number, count: number): number {
    let sum = 0;
    for (let each = second - count; each < second; each++) sum += this.at(each);
    return sum;
  }
}

/** done: handled, ignored, duplicate. again: comes again. */
type Counted = "done" | "again" | "dead" | "said";

const toCounted = ({ kind, outcome, app, topic }: Happening): { of: string; as: Counted } | undefined => {
  if (kind === "published" && topic !== undefined) return { of: topic, as: "said" };
  if (app === undefined) return undefined;
  if (kind === "told" && outcome === "ack") return { of: app, as: "done" };
  if (kind === "told" && outcome === "dead") return { of: app, as: "dead" };
  // Told or not: what was killed at work tells nothing.
  if (kind === "answered" && outcome === "retry") return { of: app, as: "again" };
  return undefined;
};

/** Counts by the second what functions have ended, and what was said on topics. */
export function createTally() {
  const rings = new Map<string, Ring>();
  const ringOf = (as: Counted, of: string): Ring => {
    const key = `${as} ${of}`;
    const ring = rings.get(key) ?? new Ring();
    rings.set(key, ring);
    return ring;
  };
  let since = Number.POSITIVE_INFINITY;
  const toSecond = (at: number) => Math.floor(at / 1000);
  return {
    add(row: Happening): void {
      since = Math.min(since, row.at);
      const counted = toCounted(row);
      if (counted) ringOf(counted.as, counted.of).add(toSecond(row.at));
    },
    /** A second, of late. now: ms since the epoch */
    rate: (as: Counted, of: string, now: number): number => ringOf(as, of).before(toSecond(now), RATE_S) / RATE_S,
    /** In the last minute. */
    failed: (of: string, now: number) => ({
      again: ringOf("again", of).before(toSecond(now) + 1, FAILED_S),
      dead: ringOf("dead", of).before(toSecond(now) + 1, FAILED_S),
    }),
    /** By the second, oldest first, but not the one that is not over. null: nobody looked then. */
    lately(as: Counted, of: string, now: number): (number | null)[] {
      const ring = ringOf(as, of);
      return Array.from({ length: KEPT_S - 1 }, (_, index) => {
        const second = toSecond(now) - KEPT_S + 1 + index;
        return second < toSecond(since) ? null : ring.at(second);
      });
    },
  };
}

/** Of what the page has heard of. */
export const tally = createTally();

/** 0, 0.4, 3.2, 120 */
export const toRate = (rate: number): string =>
  rate >= 9.95 ? String(Math.round(rate)) : rate === 0 ? "0" : rate.toFixed(1);
