import { Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { OrderCreated } from "../../functions/events/index.ts";
import { createDaprApp } from "../dapr/app.ts";
import { logObservation } from "../dapr/log.ts";
import { createTestPorts } from "../dapr/test-ports.ts";
import { createEffects } from "../effects/index.ts";
import { freePort } from "./free-ports.ts";
import { createSidecars } from "./sidecars.ts";
import { toStory } from "./story.ts";
import { ask, publishEvent, pubsubYaml, resourcesWith, subscriptionsYaml } from "./test-app.ts";
import { until } from "./test-shop.ts";

const event = (id: string, data: object) => ({
  ...{ specversion: "1.0", id, source: "/shop/order", type: OrderCreated.type },
  data,
});

/** Billing behind a local sidecar. out: the sidecar's port, what billing says, and what `npm start` shows of it */
async function start() {
  const story: string[] = [];
  const lines = new Writable({
    write(chunk, _encoding, done) {
      const line = toStory(JSON.parse(String(chunk)));
      if (line !== undefined) story.push(stripVTControlCharacters(line));
      done();
    },
  });
  const logger = pino({ base: { service: "billing" } }, lines);
  const { ports, said } = createTestPorts({ observe: logObservation(logger) });
  const app = createDaprApp(createBilling(createEffects({})), { ports, logger, limits: { lastCallMs: 0 } });
  const [appPort, httpPort] = [await freePort(), await freePort()];
  await app.listen({ host: "127.0.0.1", port: appPort });
  const yaml = subscriptionsYaml([{ topic: "orders", deadLetterTopic: "dead-letters" }]);
  const sidecars = await createSidecars({
    resources: [resourcesWith({ "pubsub.yaml": pubsubYaml({ concurrency: "1" }), "subscriptions.yaml": yaml })],
    database: ":memory:",
    apps: [{ appId: "billing", appPort, httpPort, healthCheckPath: "/healthz" }],
  });
  onTestFinished(async () => {
    await sidecars.close();
    await app.close();
  });
  return { httpPort, said, story };
}

it("shows what dies of its size, and goes on with the event behind it", async () => {
  const { httpPort, said, story } = await start();
  const bytes = {
    method: "POST",
    path: "/v1.0/publish/pubsub/orders",
    headers: { "content-type": "application/octet-stream" },
    body: Buffer.alloc(3_600_000, 7),
  };
  expect((await ask(httpPort, bytes)).status).toBe(204);
  expect(await publishEvent(httpPort, "orders", event("e-1", { note: "<".repeat(1_500_000) }))).toBe(204);
  expect(await publishEvent(httpPort, "orders", event("e-2", OrderCreated.sample))).toBe(204);
  await until(() => said.some(({ topic }) => topic === "bills"), "the last is handled");
  expect(said.map(({ topic }) => topic)).toEqual(["dead-letters", "dead-letters", "bills"]);
  const dead =
    /not an event +dead \((type: published without|size: body: must have at most 3145728 bytes, got \d{7}\))/;
  expect(story).toMatchObject([
    expect.stringMatching(dead),
    expect.stringMatching(dead),
    expect.stringMatching("order.created"),
  ]);
});

it("shows a request that nobody could read", () => {
  const line = { level: 40, time: 0, service: "billing", code: "HPE_HEADER_OVERFLOW", msg: "a request" };
  expect(stripVTControlCharacters(toStory(line) ?? "")).toBe(
    "00:00:00.000  billing       a request: HPE_HEADER_OVERFLOW",
  );
  expect(toStory({ ...line, level: 30 })).toBeUndefined();
  expect(toStory({ level: "warn", msg: "delivery failed" })).toBeUndefined();
});
