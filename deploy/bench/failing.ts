import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { derivedId } from "../../adapters/core/event/ids.ts";
import { brokers } from "../e2e/dapr/brokers.ts";
import { type Shop, startShop } from "../e2e/dapr/shop.ts";
import { followOrders, placeOne, placeOrders } from "../e2e/shop/orders.ts";
import { freshFolder } from "../e2e/tools/output.ts";
import { daprd } from "../engines/daprd.ts";
import { redis } from "../engines/redis.ts";
import { requireEngines } from "./missing.ts";
import { median, type Section } from "./section.ts";

/** Five events each. */
const ORDERS = 200;
const WARM_UP = 50;
const MOST_ROUNDS = 3;
const GIVE_UP_MS = 60_000;
const BREAK_EFFECTS = join(import.meta.dirname, "../e2e/shop/break-effects.mjs");

/**
 * What a thousand events take on a real daprd and Redis while one keeps failing, over what they take without: pairs in one shop, in
 * turn. It fails from before the first of them is there, for 60 s.
 */
export async function measureFailing(rounds: number): Promise<Section> {
  requireEngines("one event that keeps failing", [daprd, redis]);
  const keys = Array.from({ length: Math.min(rounds, MOST_ROUNDS) }, () => randomUUID());
  const shop = await startShop({
    ...{ kind: brokers.redis, dir: freshFolder("failing"), direct: true },
    env: {
      ...{ DISPATCH_TIMEOUT_MS: "10000", GIVE_UP_AFTER_MS: String(GIVE_UP_MS) },
      NODE_OPTIONS: `--import=${BREAK_EFFECTS}`,
      BREAK_EFFECTS: `keys:${keys.map((key) => derivedId("order", key)).join()}`,
    },
  });
  try {
    await run(shop, WARM_UP);
    const ratios: number[] = [];
    for (const [round, key] of keys.entries()) {
      const beside = async () => {
        await placeOne(shop.url, { key });
        return run(shop, ORDERS);
      };
      if (round % 2 === 0) {
        const alone = await run(shop, ORDERS);
        ratios.push((await beside()) / alone);
      } else {
        const failing = await beside();
        ratios.push(failing / (await run(shop, ORDERS)));
      }
    }
    const value = median(ratios);
    return {
      title: "A thousand events beside one that keeps failing for a minute",
      head: ["daprd and Redis, rounds", "time over that without"],
      rows: [[String(ratios.length), ratios.map((ratio) => ratio.toFixed(2)).join(", ")]],
      bars: [{ what: "time of a thousand events beside one that keeps failing", value, most: 1.2 }],
    };
  } finally {
    await shop.stop();
  }
}

/** out: ms until all are shipped */
async function run(shop: Shop, orders: number): Promise<number> {
  const started = performance.now();
  const placing = placeOrders(shop.url, orders, { everyMs: 0 });
  await placing.done;
  const fates = await followOrders(shop.url, placing.accepted.keys());
  if ([...fates.values()].includes("open")) throw new Error("an order did not come to its end");
  return performance.now() - started;
}
