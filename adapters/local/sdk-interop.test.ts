import { CommunicationProtocolEnum, DaprClient } from "@dapr/dapr";
import { expect, it, onTestFinished } from "vitest";
import { freePort } from "./free-ports.ts";
import { createSidecars } from "./sidecars.ts";
import { pubsubYaml, resourcesWith, startApp, stateYaml, subscriptionsYaml } from "./test-app.ts";

async function start() {
  const app = await startApp();
  const resources = [
    resourcesWith({ "a.yaml": pubsubYaml(), "b.yaml": subscriptionsYaml([{ topic: "orders" }]), "c.yaml": stateYaml }),
  ];
  const httpPort = await freePort();
  const sidecars = await createSidecars({
    resources,
    database: ":memory:",
    apps: [{ appId: "app", appPort: app.port, httpPort }],
  });
  const client = new DaprClient({
    daprHost: "127.0.0.1",
    daprPort: String(httpPort),
    communicationProtocol: CommunicationProtocolEnum.HTTP,
  });
  onTestFinished(async () => {
    await client.stop();
    await sidecars.close();
  });
  return { app, client };
}

it("takes what Dapr's own client publishes, and delivers it as an event", async () => {
  const { app, client } = await start();
  expect(await client.pubsub.publish("pubsub", "orders", { orderId: "o-1" })).toEqual({});
  await app.until((deliveries) => deliveries.length === 1);
  expect(JSON.parse(app.deliveries[0]?.body ?? "")).toMatchObject({
    specversion: "1.0",
    type: "com.dapr.event.sent",
    source: "app",
    topic: "orders",
    pubsubname: "pubsub",
    data: { orderId: "o-1" },
  });
});

it("keeps what Dapr's own client saves", async () => {
  const { client } = await start();
  await client.state.save("statestore", [{ key: "k", value: { count: 1 } }]);
  expect(await client.state.get("statestore", "k")).toEqual({ count: 1 });
});
