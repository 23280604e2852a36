import type { Bill } from "../../functions/billing/handler.ts";
import type { Environment } from "../core/host/deployed.ts";
import { forgetOldest } from "../core/ledger/forget-oldest.ts";

const bills = new WeakMap<Environment, Map<string, Bill>>();

/**
 * What has become of the money of a key: what was said of it first. Of the last 10,000 keys of this process: a real provider remembers
 * it for as long as an event may come (32 days, or RETENTION_DAYS and two).
 */
export function settled(env: Environment, key: string, bill: Bill): Bill {
  const known = bills.get(env) ?? new Map<string, Bill>();
  bills.set(env, known);
  const first = known.get(key) ?? bill;
  known.set(key, first);
  forgetOldest(known);
  return first;
}
