import { join as path } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { daprd } from "../../engines/daprd.ts";
import { kafka } from "../../engines/kafka.ts";
import { redis } from "../../engines/redis.ts";
import { pause, placeOrders, until } from "../shop/orders.ts";
import { settle } from "../shop/settle.ts";
import { faultsOf } from "../shop/sums.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { brokers } from "./brokers.ts";
import { countOf } from "./faults.ts";
import { podPorts, type Shop, startPod, startShop } from "./shop.ts";

const missing = whyMissing("partitions that are shared anew", [daprd, redis, kafka]);
const ORDERS = 200;
const PATIENCE_MS = 240_000;
/** Longer than a bulk waits for its answer. */
const AWAY_MS = 5_000;
const FAILING = {
  NODE_OPTIONS: `--import=${path(import.meta.dirname, "../shop/break-effects.mjs")}`,
  BREAK_EFFECTS: "fail:6",
  GIVE_UP_AFTER_MS: "90000",
};

// A partition is read from the last offset that was marked, and daprd marks what a bulk has answered for: what is parked counts
// as done, and what could not be parked must not.
describe.skipIf(missing !== undefined)(
  "the shop on Kafka, while every sixth effect fails and waits in the store",
  () => {
    let shop: Shop;
    beforeAll(async () => {
      shop = await startShop({ kind: brokers.kafka, dir: freshFolder("kafka-rebalance"), env: FAILING });
    });
    afterAll(() => shop?.stop());

    let replicas = 1;
    /** Kafka shares the partitions of billing anew when a pod comes, and when it goes. */
    const join = async () => {
      const { dir, resources } = shop;
      const ports = await podPorts(1);
      const pod = await startPod({ name: "billing", replica: ++replicas, ports, dir, resources, env: FAILING });
      await until(() => countOf(pod, "handled") + countOf(pod, "parked") > 0, {
        what: "the second pod shares the work",
      });
      return pod;
    };
    const goAway = async (meanwhile = async () => {}) => {
      await shop.stateStore.down();
      await Promise.all([meanwhile(), pause(AWAY_MS)]);
      await shop.stateStore.up();
    };

    it.each([
      { what: "a second pod joins, and is killed", disturb: async () => (await join()).kill() },
      { what: "the store goes away", disturb: () => goAway() },
      {
        what: "a second pod joins, and leaves while the store is away",
        disturb: async () => {
          const pod = await join();
          await goAway(() => pod.stop());
        },
      },
    ])("skips nothing when $what", async ({ disturb }) => {
      const parked = countOf(shop.pods.billing, "parked");
      const placing = placeOrders(shop.url, ORDERS, { everyMs: 30 });
      await until(() => countOf(shop.pods.billing, "parked") - parked > 5, { what: "some wait in the store" });
      await disturb();
      await placing.done;
      const ids = placing.accepted.keys();
      const sums = await settle(shop.url, { ids, effectsLog: shop.effectsLog, withinMs: PATIENCE_MS });
      expect(faultsOf(sums)).toEqual([]);
      expect(sums.accepted).toBe(ORDERS);
      expect(await shop.broker.deadLetters()).toEqual([]);
    });
  },
);
