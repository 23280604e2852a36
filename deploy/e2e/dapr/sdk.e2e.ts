import { join } from "node:path";
import { CommunicationProtocolEnum, DaprClient, DaprServer } from "@dapr/dapr";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeLedger } from "../../../adapters/core/ledger/ledger-contract.ts";
import { createPublisher } from "../../../adapters/dapr/publisher.ts";
import { createSdkPorts } from "../../../adapters/dapr/sdk.ts";
import { createSidecar } from "../../../adapters/dapr/sidecar-client.ts";
import { createDaprLedger } from "../../../adapters/dapr/state-ledger.ts";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import { BillPaid, OrderCreated } from "../../../functions/events/index.ts";
import { daprd, startDaprd } from "../../engines/daprd.ts";
import type { Running } from "../../engines/engine.ts";
import { redis } from "../../engines/redis.ts";
import { followOrders, placeOrders, until } from "../shop/orders.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { FIRST_PORT } from "../tools/ports.ts";
import { brokers } from "./brokers.ts";
import { RESOURCES, writeOverlay } from "./overlay.ts";
import { type Shop, startShop, TOKENS } from "./shop.ts";

const missing = whyMissing("Dapr's own client", [daprd, redis]);
const TIMEOUT_MS = 5_000;
const ORDER = { ...OrderCreated.sample, orderId: "o-sdk" };
const TRACEPARENT = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;

describe.skipIf(missing !== undefined)("Dapr's own client and server beside ours, on a real sidecar", () => {
  let shop: Shop;
  let sidecar: Running;
  let server: DaprServer;
  let sidecarPort = 0;
  /** What DaprServer handed to its subscriber. */
  const heard: Record<string, unknown>[] = [];

  beforeAll(async () => {
    const dir = freshFolder("sdk");
    // The services call their sidecars by the SDK as well.
    shop = await startShop({ kind: brokers.redis, dir, env: { DAPR_CLIENT: "sdk" } });
    const [appPort = 0, httpPort = 0, grpcPort = 0, internalGrpcPort = 0] = await freePorts(FIRST_PORT + 70, 4);
    sidecarPort = httpPort;
    const resources = join(dir, "resources-of-peers");
    writeOverlay({
      ...{ folders: [RESOURCES, brokers.redis.folder], into: resources, metadata: shop.metadata, stranger: "peer" },
    });
    sidecar = await startDaprd({
      ...{ appId: "peer", appPort, httpPort, grpcPort, internalGrpcPort, resources: [resources] },
      logFile: join(dir, "peer-daprd.log"),
      apiToken: TOKENS.DAPR_API_TOKEN,
    });
    server = new DaprServer({
      serverHost: "127.0.0.1",
      serverPort: String(appPort),
      communicationProtocol: CommunicationProtocolEnum.HTTP,
      clientOptions: { daprHost: "127.0.0.1", daprPort: String(httpPort), daprApiToken: TOKENS.DAPR_API_TOKEN },
    });
    for (const topic of ["orders", "bills"])
      await server.pubsub.subscribe("pubsub", topic, async (data: Record<string, unknown>) => void heard.push(data));
    await server.start();
  });
  afterAll(async () => {
    await server?.stop();
    await sidecar?.kill();
    await shop?.stop();
  });

  const endpointOf = (port: number) => `http://127.0.0.1:${port}`;
  const http = () =>
    createSidecar({
      endpoint: endpointOf(sidecarPort),
      version: "v1.0",
      token: TOKENS.DAPR_API_TOKEN,
      timeoutMs: TIMEOUT_MS,
    });
  const sdk = (port = sidecarPort) =>
    createSdkPorts({
      ...{
        endpoint: endpointOf(port),
        token: TOKENS.DAPR_API_TOKEN,
        pubsubName: "pubsub",
        store: "statestore",
        timeoutMs: TIMEOUT_MS,
      },
    });

  // A document expires 30 days after its last save: no load and save are that far apart.
  const onRedis = { ttlMs: 2_000, forgetsVersions: true };
  describeLedger(
    "state.redis behind daprd, by our client",
    () => {
      const client = http();
      return { ledger: createDaprLedger({ sidecar: client, store: "statestore" }), close: client.close };
    },
    onRedis,
  );
  // The SDK's connections are shared by all its clients: whoever closes one closes all.
  describeLedger(
    "state.redis behind daprd, by DaprClient",
    () => ({ ledger: sdk().ledger, close: async () => {} }),
    onRedis,
  );

  it("consumes what DaprClient publishes, and DaprServer consumes what we publish", async () => {
    const client = new DaprClient({
      daprHost: "127.0.0.1",
      daprPort: String(sidecarPort),
      communicationProtocol: CommunicationProtocolEnum.HTTP,
      daprApiToken: TOKENS.DAPR_API_TOKEN,
    });
    const event = { specversion: "1.0", id: "sdk-1", source: "/peer", type: OrderCreated.type, data: ORDER };
    const answer = await client.pubsub.publish("pubsub", "orders", event, {
      contentType: "application/cloudevents+json",
    });
    expect(answer).toEqual({});
    await until(() => heard.some(({ receipt }) => receipt !== undefined), { what: "our bill has reached DaprServer" });
    const bill = heard.find(({ receipt }) => receipt !== undefined);
    expect(BillPaid.parse(bill)).toMatchObject({ orderId: ORDER.orderId, amount: ORDER.total });
  });

  it.each(["our client", "DaprClient"])(
    "publishes by %s the bytes, the attributes and the trace that were said",
    async (by) => {
      const said = {
        specversion: "1.0",
        id: `by ${by}`,
        source: "/s",
        type: "t.v1",
        data: { orderId: by, big: "é\u2028" },
      };
      const publish = by === "our client" ? createPublisher({ sidecar: http(), pubsubName: "pubsub" }) : sdk().publish;
      await publish([{ topic: "orders", key: "k ü&", body: JSON.stringify(said), traceparent: TRACEPARENT }]);
      await until(() => heard.some(({ orderId }) => orderId === by), { what: "it has arrived" });
      expect(heard.find(({ orderId }) => orderId === by)).toEqual(said.data);
    },
  );

  it.each(["our client", "DaprClient"])("hears by %s that nothing was published", async (by) => {
    const name = "nobody";
    const publish =
      by === "our client"
        ? createPublisher({ sidecar: http(), pubsubName: name })
        : createSdkPorts({
            ...{
              endpoint: endpointOf(sidecarPort),
              token: TOKENS.DAPR_API_TOKEN,
              pubsubName: name,
              store: "statestore",
            },
            timeoutMs: TIMEOUT_MS,
          }).publish;
    const said = { topic: "orders", key: "k", body: '{"specversion":"1.0","id":"1","source":"/s","type":"t.v1"}' };
    await expect(publish([said])).rejects.toThrow(/publish to orders.*ERR_PUBSUB_NOT_FOUND/);
  });

  it("gives up on a sidecar that is not there when its time is over, not when the SDK's is", async () => {
    const [port = 0] = await freePorts(FIRST_PORT + 80, 1);
    const { ledger } = createSdkPorts({
      endpoint: endpointOf(port),
      token: undefined,
      pubsubName: "p",
      store: "s",
      timeoutMs: 300,
    });
    const started = Date.now();
    await expect(ledger.load("k")).rejects.toThrow("300 ms");
    // The SDK itself waits for longer.
    expect(Date.now() - started).toBeLessThan(20_000);
  });

  it("runs the whole shop on DaprClient", async () => {
    const placing = placeOrders(shop.url, 30);
    await placing.done;
    const fates = await followOrders(shop.url, placing.accepted.keys());
    expect([...fates.values()].filter((fate) => fate === "open")).toEqual([]);
  });
});
