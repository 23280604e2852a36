import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import { ask, resiliencyYaml, startApp } from "../../../adapters/local/test-app.ts";
import { daprd } from "../../engines/daprd.ts";
import type { Running } from "../../engines/engine.ts";
import { askRedis, redis, startRedis } from "../../engines/redis.ts";
import { ORACLE, withOracle } from "../shop/oracle.ts";
import { until } from "../shop/orders.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { FIRST_PORT } from "../tools/ports.ts";
import { TEST_SHUTDOWN } from "./overlay.ts";
import { shippedFlags } from "./sidecar-flags.ts";

const missing = whyMissing("an app that breaks its connections", [daprd, redis]);
const EVENTS = 40;
/** Of each event, while no connection holds. */
const ATTEMPTS = 250;
const ROUNDS = 8;

// The HTTP pipeline of daprd is shared by all deliveries: one may take the error of another for its own, and the other's
// delivery, without error and answer, counts as 200. dapr/dapr, pkg/middleware/http/pipeline.go, is the same in 1.14.0, in
// 1.18.3, which was seen to lose events by it, and in the main branch of August 2026.
describe.skipIf(missing !== undefined)("a sidecar whose app breaks every connection for a while", () => {
  let broker: Running;
  let redisPort = 0;
  let dir: string;

  beforeAll(async () => {
    dir = freshFolder("app-away");
    [redisPort = 0] = await freePorts(FIRST_PORT + 5, 1);
    broker = await startRedis({ port: redisPort, dir });
  });
  afterAll(() => broker?.stop());

  /** out: how many of the events the app got in the end, when the sidecar holds all for acknowledged */
  async function deliverAll(topic: string, flags: readonly string[]): Promise<number> {
    let breaks = true;
    const got = new Set<string>();
    const app = await startApp({
      answer({ body }) {
        if (!breaks) got.add(JSON.parse(body).id);
        return { reset: breaks };
      },
    });
    const policy = resiliencyYaml({ timeout: "20s", duration: "5ms", maxRetries: -1 });
    const oracle = { redisPort, logFile: `${dir}/${topic}.log`, concurrency: 20, policy, flags };
    return await withOracle({ ...oracle, app, topics: [{ topic }] }, async (httpPort) => {
      for (let n = 0; n < EVENTS; n++)
        await ask(httpPort, { method: "POST", path: `/v1.0/publish/pubsub/${topic}`, body: "{}" });
      await app.until((deliveries) => deliveries.length >= EVENTS * ATTEMPTS);
      breaks = false;
      const isPending = async () => JSON.parse(await askRedis({ port: redisPort }, ["XPENDING", topic, ORACLE]))[0] > 0;
      await until(async () => !(await isPending()), { what: "the sidecar holds all for acknowledged" });
      return got.size;
    });
  }

  it("brings it every event afterwards, with one delivery at a time, as it ships", async () => {
    expect(await deliverAll("one-at-a-time", shippedFlags(TEST_SHUTDOWN))).toBe(EVENTS);
  });

  it("loses some where deliveries may overlap: where this fails, daprd is mended and the limit can go", async () => {
    const flags = shippedFlags(TEST_SHUTDOWN).filter((flag) => flag !== "--app-max-concurrency=1");
    let got = EVENTS;
    // A matter of chance: on a busy machine deliveries may happen not to meet.
    for (let round = 1; got === EVENTS && round <= ROUNDS; round++)
      got = await deliverAll(`many-at-once-${round}`, flags);
    expect(got).toBeLessThan(EVENTS);
  });
});
