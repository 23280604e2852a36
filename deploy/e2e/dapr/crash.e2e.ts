import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { derivedId } from "../../../adapters/core/event/ids.ts";
import { daprd } from "../../engines/daprd.ts";
import { redis } from "../../engines/redis.ts";
import { followOrders, placeOne, until } from "../shop/orders.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { brokers, type DeadLetter } from "./brokers.ts";
import { broken } from "./faults.ts";
import { type Shop, startShop } from "./shop.ts";

const missing = whyMissing("an event that kills whoever handles it", [daprd, redis]);
/** Three processes, and those that die before the first of them is missed: for two minutes a slot is leased. */
const DEAD_MS = 240_000;

describe.skipIf(missing !== undefined)("an event that kills whoever handles it", () => {
  let shop: Shop;
  let isOver = false;
  beforeAll(async () => {
    shop = await startShop({ kind: brokers.redis, dir: freshFolder("crash") });
  });
  afterAll(async () => {
    isOver = true;
    await shop?.stop();
  });

  it("is a dead letter, and all others are done", async () => {
    const { billing } = shop.pods;
    const keys = Array.from({ length: 10 }, () => randomUUID());
    const [poison = "", ...others] = keys.map((key) => derivedId("order", key));
    await billing.service().stop();
    await billing.startService(broken(`kill:${poison}`));
    // As Kubernetes would, but without its pauses.
    const living = (async () => {
      while (!isOver) {
        await billing.service().ended;
        // It may have died before it was ready.
        if (!isOver) await billing.startService(broken(`kill:${poison}`)).catch(() => {});
      }
    })();
    await Promise.all(keys.map((key) => placeOne(shop.url, { key })));
    const letters: DeadLetter[] = [];
    await until(async () => letters.push(...(await shop.broker.deadLetters())) > 0, {
      what: "there is a letter",
      withinMs: DEAD_MS,
    });
    // A broker may have brought it twice by then: its letters have one id.
    for (const letter of letters)
      expect(letter).toMatchObject({ subject: poison, deadfunction: "billing", deadcode: "crash" });
    const fates = await followOrders(shop.url, others);
    expect([...fates.values()]).toEqual(others.map(() => "shipped"));
    isOver = true;
    await billing.service().stop();
    await living;
    await billing.startService();
  });
});
