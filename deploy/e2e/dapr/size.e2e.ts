import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createDaprApp } from "../../../adapters/dapr/app.ts";
import { createTestPorts } from "../../../adapters/dapr/test-ports.ts";
import { createEffects } from "../../../adapters/effects/index.ts";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import { ask, resiliencyYaml } from "../../../adapters/local/test-app.ts";
import { createBilling } from "../../../functions/billing/handler.ts";
import { OrderCreated } from "../../../functions/events/index.ts";
import { daprd } from "../../engines/daprd.ts";
import type { Running } from "../../engines/engine.ts";
import { redis, startRedis } from "../../engines/redis.ts";
import { withOracle } from "../shop/oracle.ts";
import { until } from "../shop/orders.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { FIRST_PORT } from "../tools/ports.ts";

const missing = whyMissing("events that grow on their way", [daprd, redis]);
const EVENT = "application/cloudevents+json";
const event = (id: string, data: unknown) => ({
  ...{ specversion: "1.0", id, source: "/shop/order", type: OrderCreated.type, time: new Date().toISOString() },
  data,
});

// A sidecar takes up to 4 MiB, and delivers what it has made of them.
describe.skipIf(missing !== undefined)("events that are larger when they arrive than when they were published", () => {
  let broker: Running;
  let redisPort = 0;
  let dir: string;

  beforeAll(async () => {
    dir = freshFolder("size");
    [redisPort = 0] = await freePorts(FIRST_PORT + 5, 1);
    broker = await startRedis({ port: redisPort, dir });
  });
  afterAll(() => broker?.stop());

  it("are letters at their first delivery, and hold nothing up", async () => {
    const { ports, said } = createTestPorts();
    let deliveries = 0;
    const app = createDaprApp(createBilling(createEffects({})), { ports });
    app.addHook("onRequest", async ({ method }) => {
      if (method === "POST") deliveries++;
    });
    onTestFinished(() => app.close());
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const policy = resiliencyYaml({ timeout: "12s", duration: "1s", maxRetries: -1 });
    const flags = ["--app-max-concurrency=1"];
    const oracle = {
      app: { port },
      topics: [{ topic: "orders", bulk: 50 }],
      redisPort,
      logFile: `${dir}/daprd.log`,
      policy,
      flags,
    };
    await withOracle({ ...oracle, concurrency: 50 }, async (httpPort) => {
      const publish = async (contentType: string, body: string | Uint8Array) => {
        const path = "/v1.0/publish/pubsub/orders";
        const { status } = await ask(httpPort, {
          method: "POST",
          path,
          headers: { "content-type": contentType },
          body,
        });
        expect(status).toBe(204);
      };
      await publish("application/octet-stream", Buffer.alloc(3_600_000, 7));
      await publish(EVENT, JSON.stringify(event("e-1", { note: "<".repeat(1_500_000) })));
      await publish(EVENT, JSON.stringify(event("e-2", OrderCreated.sample)));
      await until(() => said.some(({ topic }) => topic === "bills"), { what: "the event behind them is handled" });
      const letters = said.filter(({ topic }) => topic === "dead-letters").map(({ body }) => JSON.parse(body));
      console.log(letters.map(({ deadlength }) => `${deadlength} bytes arrived`).join(", "));
      expect(letters.map(({ deadcode, deadtopic }) => [deadcode, deadtopic])).toEqual([
        ["type", "orders"],
        ["size", "orders"],
      ]);
      for (const { deadlength } of letters) expect(Number(deadlength)).toBeGreaterThan(4 * 1024 * 1024);
      expect(deliveries).toBeLessThanOrEqual(3);
    });
  });
});
