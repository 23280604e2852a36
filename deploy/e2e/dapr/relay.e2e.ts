import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { derivedId } from "../../../adapters/core/event/ids.ts";
import { daprd } from "../../engines/daprd.ts";
import { redis } from "../../engines/redis.ts";
import { followOrders, until, viewOf } from "../shop/orders.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { brokers } from "./brokers.ts";
import { type Shop, startShop } from "./shop.ts";

const missing = whyMissing("what is saved and not said, without anybody who asks again", [daprd, redis]);
const ORDERS = 10;
/** From when a process dies until what it had saved is said. */
const SAID_MS = 60_000;

describe.skipIf(missing !== undefined)("an order that is saved and not said, and that nobody asks for again", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop({ kind: brokers.redis, dir: freshFolder("relay") });
  });
  afterAll(() => shop?.stop());

  const place = async (key: string): Promise<number> => {
    const answer = await fetch(`${shop.url}/orders`, {
      method: "POST",
      headers: { "idempotency-key": key },
      signal: AbortSignal.timeout(10_000),
    }).catch(() => undefined);
    await answer?.text();
    return answer?.status ?? 0;
  };
  const keysOf = () => Array.from({ length: ORDERS }, () => randomUUID());
  const idsOf = (keys: readonly string[]) => keys.map((key) => derivedId("order", key));

  it("is said within a minute of its process being killed, and shipped", async () => {
    const { order } = shop.pods;
    const before = order.deaths();
    order.proxy.plan(({ path }) => (path.startsWith("publish/") ? "die-before" : undefined));
    const keys = keysOf();
    // All at once: they die together, each saved and not one of them said.
    const answers = await Promise.all(keys.map(place));
    await until(() => order.deaths() > before, { what: "order has died" });
    order.proxy.plan();
    expect(answers).not.toContain(202);
    const saved = new Set<string>();
    await until(
      async () => {
        for (const id of idsOf(keys)) if (await viewOf(shop.url, id)) saved.add(id);
        return saved.size > 0;
      },
      { what: "order is back, and shows what it had saved" },
    );
    const fates = await followOrders(shop.url, saved, SAID_MS);
    expect([...fates.values()]).toEqual([...saved].map(() => "shipped"));
  });

  it("is answered 202 while the broker is away, and shipped within a minute of its coming back", async () => {
    const { order } = shop.pods;
    order.proxy.plan(({ path }) => (path.startsWith("publish/") ? "drop" : undefined));
    const keys = keysOf();
    const begun = Date.now();
    expect(new Set(await Promise.all(keys.map(place)))).toEqual(new Set([202]));
    expect(Date.now() - begun).toBeLessThan(8_000);
    order.proxy.plan();
    const fates = await followOrders(shop.url, idsOf(keys), SAID_MS);
    expect([...fates.values()]).toEqual(keys.map(() => "shipped"));
  });
});
