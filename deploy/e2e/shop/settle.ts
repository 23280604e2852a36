import { existsSync, readFileSync } from "node:fs";
import { followOrders, until } from "./orders.ts";
import { faultsOf, parseAttempts, type Sums, sumUp } from "./sums.ts";

interface SettleOptions {
  readonly ids: Iterable<string>;
  /** Where the services write down what they tried. */
  readonly effectsLog: string;
  /** For all of it. */
  readonly withinMs: number;
}

/** Follows orders to their end, and waits until their sums add up. out: the sums, in any case */
export async function settle(url: string, { ids, effectsLog, withinMs }: SettleOptions): Promise<Sums> {
  const end = Date.now() + withinMs;
  const fates = await followOrders(url, ids, withinMs);
  const add = () => sumUp(fates, existsSync(effectsLog) ? parseAttempts(readFileSync(effectsLog, "utf8")) : []);
  const left = Math.max(end - Date.now(), 1_000);
  await until(() => faultsOf(add()).length === 0, { what: "the sums add up", withinMs: left }).catch(() => {});
  return add();
}
