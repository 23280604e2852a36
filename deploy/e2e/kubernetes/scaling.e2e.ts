import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../shop/orders.ts";
import { mailsRepeated } from "../shop/sums.ts";
import { whyMissing } from "../tools/output.ts";
import { get, kubectl, podsOf, rolledOut } from "./kubectl.ts";
import { cluster } from "./settings.ts";
import { type ClusterShop, deployShop } from "./shop.ts";

const missing = whyMissing("billing on a cluster, in several pods", [cluster]);
/** Instead of five minutes. */
const STABILIZATION_SECONDS = 15;

describe.skipIf(missing !== undefined)("billing on a cluster, in several pods", () => {
  let shop: ClusterShop;

  beforeAll(async () => {
    shop = await deployShop({ name: "development", patches: [QUICK_SCALE_DOWN] });
  }, 300_000);
  afterAll(() => shop?.close());

  const atLeast = (replicas: number) =>
    kubectl([
      ...["patch", "hpa", "billing", "-n", shop.namespace],
      ...["--patch", JSON.stringify({ spec: { minReplicas: replicas } })],
    ]);
  const replicas = async () =>
    (await get<{ readonly spec: { readonly replicas: number } }>("deployment", "billing", "-n", shop.namespace)).spec
      .replicas;

  it("shares the work among three pods, and mails nothing twice", async () => {
    await atLeast(3);
    await until(async () => (await replicas()) === 3, { what: "billing has three replicas", everyMs: 500 });
    await rolledOut(shop.namespace, "deployment/billing");
    const load = await shop.load({ orders: 60, rate: 10 });
    const sums = await shop.settle([load]);
    expect(mailsRepeated(sums)).toBe(0);
    const pods = await podsOf(shop.namespace, "billing");
    const logs = await Promise.all(pods.map(({ metadata }) => logOf(shop.namespace, metadata.name)));
    const handled = logs.map((log) => log.split("\n").filter((line) => line.includes('"how":"handled"')).length);
    expect(handled).toHaveLength(3);
    expect(Math.min(...handled)).toBeGreaterThan(0);
    expect(handled.reduce((sum, count) => sum + count, 0)).toBe(60);
    await atLeast(1);
  });

  it("is given more pods by its autoscaler under load, and fewer when the load is over", async () => {
    await until(async () => (await replicas()) === 1, {
      what: "billing has one replica",
      withinMs: 120_000,
      everyMs: 1_000,
    });
    const scaledUp = until(async () => (await replicas()) > 1, {
      what: "billing has more than one replica",
      withinMs: 240_000,
      everyMs: 1_000,
    });
    const loads = await shop.loadUntil(scaledUp, { orders: 200, rate: 20 });
    const sums = await shop.settle(loads);
    expect(mailsRepeated(sums)).toBe(0);
    await until(async () => (await replicas()) === 1, {
      what: "billing has one replica",
      withinMs: 240_000,
      everyMs: 1_000,
    });
  }, 600_000);
});

const QUICK_SCALE_DOWN = {
  target: { kind: "HorizontalPodAutoscaler", name: "billing" },
  patch: JSON.stringify([
    { op: "replace", path: "/spec/behavior/scaleDown/stabilizationWindowSeconds", value: STABILIZATION_SECONDS },
  ]),
};

const logOf = (namespace: string, pod: string): Promise<string> =>
  kubectl(["logs", pod, "-n", namespace, "-c", "app", "--tail=-1"]);
