import { between } from "../core/dispatch/between.ts";
import type { Relayed } from "../core/relay/relay.ts";

/** From one look to the end of the next. */
const LOOK_MS = 40_000;
/** What a look could not finish is tried again by then: the longer it has been waiting, the later. */
const AGAIN_MS = { least: 30_000, most: 300_000 };

type Found = Pick<Relayed, "failed" | "parked" | "oldestMs">;

/**
 * What the looks of late have found, at the most: what failed and waits for its next try is not due, so that the looks in between know
 * nothing of it.
 */
export function createLately({ now = Date.now } = {}): {
  look(relayed: Relayed): void;
  most(what: keyof Found): number;
} {
  let found: readonly (Found & { readonly until: number })[] = [];
  const left = () => found.filter(({ until }) => until > now());
  return {
    look({ failed, parked, oldestMs }) {
      const again = between(oldestMs / 2, AGAIN_MS);
      found = failed > 0 ? [...left(), { failed, parked, oldestMs, until: now() + again + LOOK_MS }] : left();
    },
    most: (what) => Math.max(0, ...left().map((one) => one[what])),
  };
}
