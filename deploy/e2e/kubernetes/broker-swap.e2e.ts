import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SERVICES } from "../dapr/shop.ts";
import { until } from "../shop/orders.ts";
import { mailsRepeated } from "../shop/sums.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { kubectl, podsOf, rolledOut } from "./kubectl.ts";
import { createSecret, type Outside, startOutsideKafka } from "./outside.ts";
import { cluster, host } from "./settings.ts";
import { type ClusterShop, deployShop } from "./shop.ts";
import { lengthOf } from "./streams.ts";

const missing = whyMissing("the broker of a shop that runs on a cluster", [cluster, host]);

const ON_REDIS = "- ../../components/broker-redis";
const ON_KAFKA = "- ../../components/broker-kafka";
const FORMER = "- ../../components/former-broker";
const OF_SERVICES = ["-l", "app.kubernetes.io/component=service"];

describe.skipIf(missing !== undefined)("the broker of a shop that runs on a cluster", () => {
  let shop: ClusterShop;
  let outside: Outside;

  beforeAll(async () => {
    const dir = freshFolder("kubernetes-broker-swap");
    [outside, shop] = await Promise.all([startOutsideKafka(dir), deployShop({ name: "development" })]);
    await createSecret(shop.namespace, "kafka", outside.secret);
  }, 300_000);
  afterAll(async () => {
    await Promise.all([shop?.close(), outside?.server.kill()]);
  });

  const scaleBilling = (replicas: number) =>
    kubectl(["scale", "deployment/billing", "-n", shop.namespace, `--replicas=${replicas}`]);
  const applyAndRestart = async ({ billings }: { readonly billings?: number } = {}) => {
    await shop.overlay.apply();
    await kubectl(["rollout", "restart", "deployment", "-n", shop.namespace, ...OF_SERVICES]);
    if (billings !== undefined) await scaleBilling(billings);
    for (const name of SERVICES) await rolledOut(shop.namespace, `deployment/${name}`);
  };
  const onRedis = () => lengthOf(shop.namespace, "orders");

  it("is another after one line, when nothing is on its way", async () => {
    const before = await shop.load({ orders: 20, rate: 10 });
    const published = await onRedis();
    expect(published).toBeGreaterThan(0);
    shop.overlay.swapLines([ON_REDIS], [ON_KAFKA]);
    await applyAndRestart();
    const after = await shop.load({ orders: 20, rate: 10 });
    const sums = await shop.settle([before, after]);
    expect(mailsRepeated(sums)).toBe(0);
    expect(await onRedis()).toBe(published);
  });

  it("changes under load, and the former one is heard until it is empty", async () => {
    await scaleBilling(0);
    await until(async () => (await podsOf(shop.namespace, "billing")).length === 0, { what: "billing is away" });
    const waiting = shop.startLoad({ orders: 10, rate: 10 });
    await until(async () => (await waiting.accepted()) === 10, { what: "orders wait for billing", everyMs: 500 });
    shop.overlay.swapLines([ON_KAFKA], [ON_KAFKA, FORMER, ON_REDIS]);
    const loads = await shop.loadUntil(applyAndRestart({ billings: 1 }));
    await shop.settle([await waiting.report, ...loads]);
    expect(loads.reduce((sum, { retried }) => sum + retried, 0)).toBe(0);
    shop.overlay.swapLines([ON_KAFKA, FORMER, ON_REDIS], [ON_REDIS]);
    await shop.overlay.apply();
    const kinds = "components.dapr.io,subscriptions.dapr.io,resiliencies.dapr.io,networkpolicies";
    await kubectl(["delete", kinds, "-n", shop.namespace, "-l", "former=true"]);
    await applyAndRestart();
    const sums = await shop.settle([await shop.load({ orders: 20, rate: 10 })]);
    expect(mailsRepeated(sums)).toBe(0);
    expect(await lengthOf(shop.namespace, "dead-letters")).toBe(0);
  }, 600_000);
});
