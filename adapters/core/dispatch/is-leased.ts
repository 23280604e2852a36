import type { Entry } from "../ledger/entry.ts";
import { CLOCK_SKEW_MS, type Ports } from "./ports.ts";

/**
 * Whether somebody works on a document, whose version is theirs then. A lease further ahead than any was written by no right clock: it
 * would hold for as long as that is wrong.
 */
export function isLeased({ lease }: Entry, { now, leaseMs }: Pick<Ports, "now" | "leaseMs">): boolean {
  const left = lease ? lease.until - now() : 0;
  return left > 0 && left <= leaseMs + CLOCK_SKEW_MS;
}
