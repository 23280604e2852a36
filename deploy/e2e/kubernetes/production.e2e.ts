import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KEEPER } from "../../../functions/kernel/system.ts";
import { SERVICES } from "../dapr/shop.ts";
import { mailsRepeated } from "../shop/sums.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { type KubernetesObject, list, type PodObject } from "./kubectl.ts";
import { createSecret, type Outside, startOutsideKafka, startOutsideRedis } from "./outside.ts";
import { cluster, host } from "./settings.ts";
import { type ClusterShop, deployShop } from "./shop.ts";

const missing = whyMissing("overlays/production on a cluster", [cluster, host]);

describe.skipIf(missing !== undefined)("overlays/production on a cluster, with broker and state store outside", () => {
  let shop: ClusterShop;
  let servers: readonly Outside[] = [];

  beforeAll(async () => {
    const dir = freshFolder("kubernetes-production");
    const [outsideKafka, outsideRedis] = await Promise.all([startOutsideKafka(dir), startOutsideRedis(dir)]);
    servers = [outsideKafka, outsideRedis];
    shop = await deployShop({ name: "production" }, async (namespace) => {
      await createSecret(namespace, "app-token", { token: "known-to-the-test" });
      await createSecret(namespace, "edge-secret", { secret: "known-to-the-test" });
      await createSecret(namespace, "letter-secret", { secret: "known-to-the-test" });
      await createSecret(namespace, "redis", outsideRedis.secret);
      await createSecret(namespace, "kafka", outsideKafka.secret);
    });
  }, 300_000);
  afterAll(async () => {
    await shop?.close();
    await Promise.all(servers.map(({ server }) => server.kill()));
  });

  it("runs two pods of every service, each with a budget for disruptions and a wish to spread, and one that keeps dead letters", async () => {
    const pods = await list<PodObject & Spread>("pods", "-n", shop.namespace);
    const names = pods.map(({ metadata }) => metadata.labels?.["dapr.io/app-id"]).sort();
    expect(names).toEqual([...SERVICES.flatMap((name) => [name, name]), KEEPER].sort());
    for (const { spec } of pods) expect(spec.topologySpreadConstraints).not.toHaveLength(0);
    const budgets = await list<Budget>("poddisruptionbudgets", "-n", shop.namespace);
    const allowed = budgets.map(({ metadata, status }) => [metadata.name, status.disruptionsAllowed]);
    expect(Object.fromEntries(allowed)).toEqual(Object.fromEntries(SERVICES.map((name) => [name, 1])));
  });

  it("ships or cancels what is ordered, and mails nothing twice", async () => {
    const load = await shop.load({ orders: 50, rate: 10 });
    const sums = await shop.settle([load]);
    expect([sums.accepted, sums.shipped, sums.cancelled]).toEqual([50, 45, 5]);
    expect(mailsRepeated(sums)).toBe(0);
  });
});

interface Spread {
  readonly spec: { readonly topologySpreadConstraints: readonly object[] };
}

interface Budget extends KubernetesObject {
  readonly status: { readonly disruptionsAllowed: number };
}
