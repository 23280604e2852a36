import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Manifest, readManifests } from "../../kubernetes/read.ts";
import { createRandom } from "../../random.ts";
import { SERVICES } from "../dapr/shop.ts";
import { pause, until } from "../shop/orders.ts";
import { mailsRepeated } from "../shop/sums.ts";
import { whyMissing } from "../tools/output.ts";
import type { Load, LoadReport } from "./customer.ts";
import { watchEnds } from "./ends.ts";
import { killSidecar } from "./kill-sidecar.ts";
import { allReady, kubectl, type PodObject, podsOf, rolledOut } from "./kubectl.ts";
import { cluster } from "./settings.ts";
import { type ClusterShop, deployShop } from "./shop.ts";
import { lengthOf, saidTwice } from "./streams.ts";
import { watchUntil } from "./watch.ts";

const missing = whyMissing("the shop on a cluster, under load", [cluster]);
const ORDERS = 50;
const RATE = 5;
const SEEDS = [1, 2, 3];
const OPERATOR_AWAY_MS = 60_000;

const [{ spec: every }] = readManifests("base/service.yaml") as [Manifest];
const said = (name: string) => Number.parseInt(every.template.metadata.annotations[`dapr.io/${name}`], 10);
/** Seconds: what a sidecar takes that has nothing more in hand, and what a busy machine adds. Far from when it would be killed. */
const LONGEST_END = said("block-shutdown-duration") + said("graceful-shutdown-seconds") + 15;

describe.skipIf(missing !== undefined)("the shop on a cluster, under load", () => {
  let shop: ClusterShop;

  beforeAll(async () => {
    shop = await deployShop({ name: "development", ending: "as it ships" });
  }, 300_000);
  afterAll(() => shop?.close());

  /** Does something each time when so many orders more have been accepted. */
  const actDuring = async (load: Load, times: number, act: (round: number) => Promise<unknown>) => {
    for (let round = 1; round <= times; round++) {
      const least = (ORDERS * round) / (times + 2);
      await until(async () => (await load.accepted()) >= least, { what: `${least} orders are accepted`, everyMs: 200 });
      await act(round);
    }
  };
  const loadWith = async (times: number, act: (round: number) => Promise<unknown>) => {
    const load = shop.startLoad({ orders: ORDERS, rate: RATE });
    await actDuring(load, times, act);
    return shop.settle([await load.report]);
  };

  it("answers every order at once and mails nothing twice while every Deployment is restarted", async () => {
    const { namespace } = shop;
    const restart = async () => {
      await kubectl(["rollout", "restart", "deployment", "-n", namespace]);
      for (const name of SERVICES) await rolledOut(namespace, `deployment/${name}`);
      await allReady(namespace);
    };
    const restarted = restart();
    const [loads, { asked, failures }, ends] = await Promise.all([
      shop.loadUntil(restarted),
      watchUntil(shop, restarted),
      watchEnds(namespace, restarted),
    ]);
    const sums = await shop.settle(loads);
    expect(loads.reduce((sum, { retried }) => sum + retried, 0)).toBe(0);
    expect(failures).toEqual([]);
    expect(asked).toBeGreaterThan(100);
    expect(mailsRepeated(sums)).toBe(0);
    expect(await lengthOf(namespace, "dead-letters")).toBe(0);
    expect(await saidTwice(namespace)).toEqual([]);
    process.stdout.write(`pods took ${[...ends.values()].map(Math.round).join(", ")} s to end\n`);
    expect(ends.size).toBeGreaterThanOrEqual(SERVICES.length);
    expect(Math.max(...ends.values())).toBeLessThan(LONGEST_END);
  });

  it("loses nothing when pods are killed at random, without a word, in three rounds of orders", async () => {
    const { namespace } = shop;
    const reports: Promise<LoadReport>[] = [];
    // What a killed sidecar had in hand comes back late: the next round does not wait for it.
    for (const seed of SEEDS) {
      const random = createRandom(seed);
      const load = shop.startLoad({ orders: ORDERS, rate: RATE });
      reports.push(load.report);
      await actDuring(load, 4, async () => {
        const name = random.pick(SERVICES);
        const victims: PodObject[] = [];
        // The one before may just have gone.
        await until(async () => victims.push(...(await podsOf(namespace, name))) > 0, { what: `${name} has a pod` });
        const { metadata } = random.pick(victims);
        await kubectl(["delete", "pod", metadata.name, "-n", namespace, "--grace-period=0", "--force"]);
      });
      await until(async () => (await load.accepted()) === ORDERS, { what: "all orders are accepted", everyMs: 200 });
    }
    const sums = await shop.settle(await Promise.all(reports));
    expect(sums.accepted).toBe(SEEDS.length * ORDERS);
    expect(await lengthOf(namespace, "dead-letters")).toBe(0);
    expect(await saidTwice(namespace)).toEqual([]);
    await allReady(namespace);
  });

  it("loses nothing when a sidecar is killed inside its pod", async () => {
    const { namespace } = shop;
    const names = ["billing", "order"] as const;
    const restarts = () => Promise.all(names.map((name) => restartsOf(namespace, name)));
    const before = await restarts();
    const sums = await loadWith(names.length, async (round) => {
      const [pod] = await podsOf(namespace, names[round - 1] ?? "order");
      if (pod) await killSidecar(shop.customer, pod);
    });
    expect(sums.accepted).toBe(ORDERS);
    expect(await lengthOf(namespace, "dead-letters")).toBe(0);
    expect(await saidTwice(namespace)).toEqual([]);
    expect(await restarts()).toEqual(before.map((count) => count + 1));
    await allReady(namespace);
  });

  it("loses nothing when the pod of Redis is deleted, since its volume stays", async () => {
    const { namespace } = shop;
    const sums = await loadWith(1, () => kubectl(["delete", "pod", "redis-0", "-n", namespace]));
    expect(sums.accepted).toBe(ORDERS);
    expect(await lengthOf(namespace, "dead-letters")).toBe(0);
    expect(await saidTwice(namespace)).toEqual([]);
    await allReady(namespace);
  });

  it("does not notice that Dapr's operator is away for a minute", async () => {
    const scale = (replicas: number) =>
      kubectl(["scale", "deployment/dapr-operator", "-n", "dapr-system", `--replicas=${replicas}`]);
    await scale(0);
    try {
      const loads = await shop.loadUntil(pause(OPERATOR_AWAY_MS));
      const sums = await shop.settle(loads);
      expect(loads.reduce((sum, { retried }) => sum + retried, 0)).toBe(0);
      expect(mailsRepeated(sums)).toBe(0);
    } finally {
      await scale(1);
      await rolledOut("dapr-system", "deployment/dapr-operator");
    }
  });
});

/** How often sidecars of an app have been started again. */
async function restartsOf(namespace: string, app: string): Promise<number> {
  const pods = await podsOf(namespace, app);
  const sidecars = pods.flatMap(({ status }) => status.containerStatuses ?? []).filter(({ name }) => name === "daprd");
  return sidecars.reduce((sum, { restartCount }) => sum + restartCount, 0);
}
