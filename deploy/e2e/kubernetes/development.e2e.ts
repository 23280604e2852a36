import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { KEEPER } from "../../../functions/kernel/system.ts";
import { SERVICES } from "../dapr/shop.ts";
import { followOrders, until } from "../shop/orders.ts";
import { mailsRepeated } from "../shop/sums.ts";
import { whyMissing } from "../tools/output.ts";
import { LEAST_SPANS, rootsOf, SPEAKERS, type Span, servicesIn } from "../tools/spans.ts";
import { filesInImage } from "./images.ts";
import { applyObjects, get, type KubernetesObject, kubectl, list, type PodObject, podsOf } from "./kubectl.ts";
import { forward } from "./port-forward.ts";
import { cluster } from "./settings.ts";
import { type ClusterShop, deployShop, secretOf } from "./shop.ts";
import { lengthOf } from "./streams.ts";

const isReady = (containers: PodObject["status"]["containerStatuses"]): boolean =>
  containers?.every(({ ready }) => ready) === true;
const missing = whyMissing("overlays/development on a cluster", [cluster]);

describe.skipIf(missing !== undefined)("overlays/development on a cluster", () => {
  let shop: ClusterShop;

  beforeAll(async () => {
    shop = await deployShop({ name: "development" });
  }, 300_000);
  afterAll(() => shop?.close());

  it("runs every service beside its sidecar, in a namespace that enforces the restricted standard", async () => {
    const { namespace } = shop;
    const { metadata } = await get<KubernetesObject>("namespace", namespace);
    expect(metadata.labels).toMatchObject({ "pod-security.kubernetes.io/enforce": "restricted" });
    const pods = await list<PodObject>("pods", "-n", namespace);
    const containers = pods.map(({ status }) => (status.containerStatuses ?? []).map(({ name }) => name).sort());
    expect(containers.sort()).toEqual([...PODS.map(() => ["app", "daprd"]), ["redis"], ["zipkin"]]);
    await expect(applyObjects([privilegedPod(namespace)])).rejects.toThrow(/violates PodSecurity "restricted/);
  });

  it("runs an image with what the Dockerfile puts in, and no other script", async () => {
    const { customer } = shop;
    const wanted = Object.entries(filesInImage()).map(([file, path]) => [path, sha256(readFileSync(file))]);
    const seen = JSON.parse(await customer.evaluate(LIST_APP));
    expect(seen.files).toEqual(Object.fromEntries(wanted));
    expect(seen.env).toBe("production");
    expect(seen.version).toMatch(/^v24\./);
  });

  it("ships or cancels 50 orders placed at order's Service, and mails nothing twice", async () => {
    const load = await shop.load({ orders: 50, rate: 10 });
    const sums = await shop.settle([load]);
    expect([sums.accepted, sums.shipped, sums.cancelled]).toEqual([50, 45, 5]);
    expect(load.retried).toBe(0);
    expect(mailsRepeated(sums)).toBe(0);
    expect(await lengthOf(shop.namespace, "dead-letters")).toBe(0);
  });

  it("takes a newcomer's first order through a forwarded port", async () => {
    const order = await forward(shop.namespace, "service/order", 80);
    try {
      const answer = await fetch(`${order.url}/orders`, { method: "POST" });
      expect(answer.status).toBe(202);
      const { orderId } = (await answer.json()) as { readonly orderId: string };
      expect(await followOrders(order.url, [orderId])).toEqual(new Map([[orderId, "shipped"]]));
    } finally {
      order.close();
    }
  });

  it("shows one order in Zipkin as one trace through all services that say something", async () => {
    const zipkin = await forward(shop.namespace, "service/zipkin", 9411);
    try {
      let spans: readonly Span[] = [];
      const look = async () => {
        const answer = await fetch(`${zipkin.url}/api/v2/traces?${OF_SHIPPED}`);
        const traces = (await answer.json()) as Span[][];
        spans = traces.find((trace) => trace.length >= LEAST_SPANS) ?? [];
        return spans.length > 0;
      };
      await until(look, { what: "Zipkin knows every step of an order", withinMs: 30_000, everyMs: 500 });
      expect(servicesIn(spans)).toEqual(SPEAKERS);
      expect(rootsOf(spans)).toHaveLength(1);
    } finally {
      zipkin.close();
    }
  });

  it("shows Prometheus what each service handled, where its pod announces it", async () => {
    const pods = await list<PodObject>("pods", "-n", shop.namespace, "-l", "app.kubernetes.io/component=service");
    // One that the autoscaler has added just now may have no address yet, or has had nothing to do.
    const handled = new Set<string | undefined>();
    for (const { metadata, status } of pods.filter(({ status: { containerStatuses } }) => isReady(containerStatuses))) {
      const { "prometheus.io/port": port, "prometheus.io/path": path } = metadata.annotations ?? {};
      const metrics = await shop.customer.evaluate(`
        const answer = await fetch("http://${status.podIP}:${port}${path}");
        process.stdout.write(await answer.text());
      `);
      if (metadata.labels?.["app.kubernetes.io/name"] === KEEPER) {
        expect(metrics).toMatch(/^loosely_letters_kept_total\{.*\} 0$/m);
        continue;
      }
      expect(metrics).toMatch(/^loosely_unsaid_oldest_seconds\{.*\} 0$/m);
      const isUsed = /^loosely_events_total\{.*outcome="handled".*\} [1-9]/m.test(metrics);
      if (isUsed) handled.add(metadata.labels?.["app.kubernetes.io/name"]);
    }
    expect(handled.size).toBe(SERVICES.length);
  });

  it("has Redis as process 1 of its pod, which hears SIGTERM, and its password in no variable of the pod", async () => {
    const { namespace } = shop;
    const first = await kubectl([
      "exec",
      "-n",
      namespace,
      "redis-0",
      "--",
      "sh",
      "-c",
      "read -r a < /proc/1/comm; echo $a",
    ]);
    expect(first).toBe("redis-server\n");
    const { spec } = await get<PodSpec>("pod", "redis-0", "-n", namespace);
    expect(spec.containers.map(({ name, env }) => [name, env])).toEqual([["redis", undefined]]);
  });

  it("gives no Service but the sidecars' own to whom nobody calls", async () => {
    const services = await list<KubernetesObject>("services", "-n", shop.namespace);
    const names = services.map(({ metadata }) => metadata.name);
    expect(names.sort()).toEqual(["order", "redis", "zipkin", ...PODS.map((name) => `${name}-dapr`)].sort());
  });

  it("refuses an event that comes past the sidecar: without its token, or with another", async () => {
    const [pod] = await podsOf(shop.namespace, "billing");
    const token = await secretOf(shop.namespace, "app-token", "token");
    const post = async (headers: object) =>
      shop.customer.evaluate(`
        const answer = await fetch("http://${pod?.status.podIP}:8080/orders", {
          method: "POST",
          headers: ${JSON.stringify({ "content-type": "application/cloudevents+json", ...headers })},
          body: ${JSON.stringify(JSON.stringify(STRANGE_EVENT))},
        });
        process.stdout.write(String(answer.status));
      `);
    expect(await post({})).toBe("401");
    expect(await post({ "dapr-api-token": `${token}x` })).toBe("401");
    expect(await post({ "dapr-api-token": token })).toBe("200");
  });

  it("takes no event at the Service of an edge, which leads to another port: whoever holds the token has it again, nobody else is told of it", async () => {
    const token = await secretOf(shop.namespace, "app-token", "token");
    const send = (headers: object) =>
      shop.customer.evaluate(`
        const answer = await fetch("${shop.url}/bills", {
          method: "POST",
          headers: ${JSON.stringify({ "content-type": "application/cloudevents+json", ...headers })},
          body: ${JSON.stringify(JSON.stringify(STRANGE_EVENT))},
        });
        process.stdout.write(String(answer.status));
      `);
    expect([await send({}), await send({ "dapr-api-token": token })]).toEqual(["404", "503"]);
  });

  it("is removed whole by what it was applied from", async () => {
    await shop.overlay.remove();
    const namespaces = await list<KubernetesObject>("namespaces");
    expect(namespaces.map(({ metadata }) => metadata.name)).not.toContain(shop.namespace);
  });
});

const PODS = [...SERVICES, KEEPER];

/** The traces of orders that were shipped; calls of the ledger are traces of their own. */
const OF_SHIPPED = new URLSearchParams({ serviceName: "shipping", spanName: "/v1.0/publish/pubsub/shipments" });

/** Of a type that nobody consumes. */
const STRANGE_EVENT = {
  specversion: "1.0",
  id: "strange-1",
  source: "/test",
  type: "com.example.strange.v1",
  data: {},
};

interface PodSpec {
  readonly spec: { readonly containers: readonly { readonly name: string; readonly env?: readonly object[] }[] };
}

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

const LIST_APP = `
  import { createHash } from "node:crypto";
  import { readdirSync, readFileSync } from "node:fs";
  const hash = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");
  const files = Object.fromEntries(readdirSync("/app").map((name) => ["/app/" + name, hash("/app/" + name)]));
  process.stdout.write(JSON.stringify({ files, env: process.env.NODE_ENV, version: process.version }));
`;

const privilegedPod = (namespace: string): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "privileged", namespace },
  spec: { containers: [{ name: "all", image: "all", securityContext: { privileged: true } }] },
});
