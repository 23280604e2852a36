import { copyFileSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import { OrderCreated } from "../../../functions/events/index.ts";
import { daprd, startDaprd } from "../../engines/daprd.ts";
import { type Running, startProcess } from "../../engines/engine.ts";
import { firestoreEmulator } from "../../engines/firestore-emulator.ts";
import { pubsubEmulator } from "../../engines/pubsub-emulator.ts";
import { RESOURCES, writeOverlay } from "../dapr/overlay.ts";
import { FIRST_PORT } from "../tools/ports.ts";
import {
  countEffects,
  createTopics,
  eventually,
  type GcloudShop,
  PROJECT,
  SUBSCRIPTIONS,
  startGcloudShop,
  subscribe,
  takeLetters,
} from "./shop.ts";

const ROOT = join(import.meta.dirname, "../../..");
const ORDERS = 10;
const missing = daprd.missing() ?? pubsubEmulator.missing() ?? firestoreEmulator.missing();
if (missing) process.stdout.write(`skipped: ${missing}\n`);

/** The order service on Kubernetes beside its sidecar, everybody else a function: they share topics, and nothing else. */
describe.skipIf(missing).each([
  { form: "without wrapper", wrapped: false },
  { form: "with wrapper", wrapped: true },
])("a real daprd and functions on push subscriptions $form", ({ wrapped }) => {
  let shop: GcloudShop;
  let sidecar: Running;
  let service: Running;
  let serviceUrl: string;
  let sidecarUrl: string;

  beforeAll(async () => {
    shop = await startGcloudShop(mkdtempSync(join(tmpdir(), "loosely-gcloud-")));
    await createTopics(shop);
    for (const subscription of SUBSCRIPTIONS.filter(([name]) => name !== "order"))
      await subscribe(shop, subscription, { wrapped });
    const ports = await freePorts(FIRST_PORT + 50, 5);
    const [appPort = 0, httpPort = 0, grpcPort = 0, internalGrpcPort = 0, edgePort = 0] = ports;
    serviceUrl = `http://127.0.0.1:${edgePort}`;
    sidecarUrl = `http://127.0.0.1:${httpPort}`;
    const resources = join(shop.folder, "resources");
    writeOverlay({
      folders: [join(ROOT, "deploy/dapr/brokers/gcp-pubsub")],
      into: resources,
      metadata: { pubsub: { projectId: PROJECT } },
    });
    mkdirSync(resources, { recursive: true });
    for (const file of ["subscriptions.yaml", "resiliency.yaml"])
      copyFileSync(join(RESOURCES, file), join(resources, file));
    service = await startProcess({
      command: process.execPath,
      args: [join(ROOT, "adapters/dapr/main.ts"), "order"],
      env: {
        ...{ APP_PORT: `${appPort}`, EDGE_PORT: `${edgePort}`, EDGE_DEMO: "on" },
        ...{ DAPR_HTTP_PORT: `${httpPort}`, LEDGER: "memory" },
      },
      logFile: join(shop.folder, "order-service.log"),
      ready: async () => (await fetch(`${serviceUrl}/healthz`)).ok,
    });
    process.env.PUBSUB_EMULATOR_HOST = shop.pubsub.host;
    sidecar = await startDaprd({
      appId: "order",
      appPort,
      httpPort,
      grpcPort,
      internalGrpcPort,
      resources: [resources],
      logFile: join(shop.folder, "daprd.log"),
    });
    // No order before every subscription has existed once.
    await eventually(async () => JSON.stringify(await shop.pubsub.call("GET", `projects/${PROJECT}/subscriptions`)), {
      until: (all) => ["order-bills", "order-shipments"].every((name) => all.includes(`/${name}"`)),
    });
  });
  afterAll(async () => {
    delete process.env.PUBSUB_EMULATOR_HOST;
    await Promise.all([sidecar?.kill(), service?.kill()]);
    await shop?.stop();
  });

  it(`${ORDERS} orders placed with the service are charged, told and shipped by functions`, async () => {
    const placed = await Promise.all(
      Array.from({ length: ORDERS }, () => fetch(`${serviceUrl}/orders`, { method: "POST" })),
    );
    expect(placed.map(({ status }) => status)).toEqual(placed.map(() => 202));
    const ids = placed.map(({ headers }) => headers.get("location"));
    const statusOf = async (path: string | null) =>
      ((await (await fetch(`${serviceUrl}${path}`)).json()) as { readonly status: string }).status;
    await eventually(() => Promise.all(ids.map(statusOf)), { until: (now) => now.every((each) => each === "shipped") });
    const mails = 3 * ORDERS;
    await eventually(async () => countEffects(shop.effects()).mail.keys, { until: (keys) => keys === mails });
    expect(countEffects(shop.effects())).toEqual({
      charge: { keys: ORDERS, attempts: ORDERS },
      mail: { keys: mails, attempts: mails },
      book: { keys: ORDERS, attempts: ORDERS },
    });
    expect(await takeLetters(shop)).toEqual([]);
  });

  it("what daprd publishes for a foreign app, without any attribute, is handled or is a dead letter", async () => {
    const publish = (contentType: string, body: object) =>
      fetch(`${sidecarUrl}/v1.0/publish/pubsub/orders`, {
        method: "POST",
        headers: { "content-type": contentType },
        body: JSON.stringify(body),
      });
    const sample = { ...OrderCreated.sample, orderId: "foreign-1" };
    const event = { specversion: "1.0", id: "f-1", source: "/foreign", type: OrderCreated.type, data: sample };
    expect((await publish("application/cloudevents+json", event)).status).toBe(204);
    const broken = { ...event, id: "f-2", data: { orderId: "foreign-2" } };
    expect((await publish("application/cloudevents+json", broken)).status).toBe(204);
    // Wrapped by daprd as com.dapr.event.sent, around an event and around none.
    const wrapped = { ...event, id: "f-3", data: { ...sample, orderId: "foreign-3" } };
    expect((await publish("application/json", wrapped)).status).toBe(204);
    expect((await publish("application/json", { hello: "world" })).status).toBe(204);
    for (const orderId of ["foreign-1", "foreign-3"])
      await eventually(
        async () => shop.effects().filter(({ kind, key }) => kind === "charge" && key === orderId).length,
        {
          until: (charges) => charges === 1,
        },
      );
    const letters = [...(await takeLetters(shop))];
    await eventually(async () => letters.push(...(await takeLetters(shop))), { until: (count) => count >= 5 });
    expect(letters.map(({ event: { deadcode, deadfunction } }) => [deadcode, deadfunction]).sort()).toEqual([
      ["schema", "billing"],
      ["schema", "notification"],
      ["type", "billing"],
      ["type", "notification"],
      ["type", "shipping"],
    ]);
  });
});
