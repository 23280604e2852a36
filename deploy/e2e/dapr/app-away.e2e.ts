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
/** Deliveries while no connection holds: of single events, and of all that are in hand. */
const ATTEMPTS = { single: EVENTS * 250, bulk: 2_000 };
const BULK = 50;
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

  interface Delivering {
    /** Of topics. */
    readonly names: readonly string[];
    readonly flags: readonly string[];
    readonly bulk?: number;
  }

  /** out: how many of the events the app got in the end, when the sidecar holds all for acknowledged */
  async function deliverAll({ names, flags, bulk }: Delivering): Promise<number> {
    let breaks = true;
    const got = new Set<string>();
    const app = await startApp({
      answer({ body }) {
        if (breaks) return { reset: true };
        const { id, entries = [] } = JSON.parse(body);
        const ids = bulk ? entries.map(idIn) : [id];
        for (const each of ids) got.add(each);
        return bulk ? { body: allSuccessful(entries) } : {};
      },
    });
    const policy = resiliencyYaml({ timeout: "20s", duration: "5ms", maxRetries: -1 });
    const oracle = { redisPort, logFile: `${dir}/${names[0]}.log`, concurrency: bulk ?? 20, policy, flags };
    const topics = names.map((topic) => ({ topic, ...(bulk ? { bulk } : {}) }));
    return await withOracle({ ...oracle, app, topics }, async (httpPort) => {
      for (let n = 0; n < EVENTS; n++) {
        const path = `/v1.0/publish/pubsub/${names[n % names.length]}`;
        await ask(httpPort, { method: "POST", path, body: "{}" });
      }
      await app.until((deliveries) => deliveries.length >= ATTEMPTS[bulk ? "bulk" : "single"]);
      breaks = false;
      const isPending = async (topic: string) =>
        JSON.parse(await askRedis({ port: redisPort }, ["XPENDING", topic, ORACLE]))[0] > 0;
      const isDone = async () => !(await Promise.all(names.map(isPending))).includes(true);
      await until(isDone, { what: "the sidecar holds all for acknowledged" });
      return got.size;
    });
  }

  it("brings it every event afterwards, with one delivery at a time, as it ships", async () => {
    expect(await deliverAll({ names: ["one-at-a-time"], flags: shippedFlags(TEST_SHUTDOWN) })).toBe(EVENTS);
  });

  it("brings it every event afterwards, in bulks of two topics that wait for each other, as they ship", async () => {
    const names = ["bulks-of-one", "bulks-of-another"];
    expect(await deliverAll({ names, flags: shippedFlags(TEST_SHUTDOWN), bulk: BULK })).toBe(EVENTS);
  });

  it("loses some where deliveries may overlap: where this fails, daprd is mended and the limit can go", async () => {
    const flags = shippedFlags(TEST_SHUTDOWN).filter((flag) => flag !== "--app-max-concurrency=1");
    let got = EVENTS;
    // A matter of chance: on a busy machine deliveries may happen not to meet.
    for (let round = 1; got === EVENTS && round <= ROUNDS; round++)
      got = await deliverAll({ names: [`many-at-once-${round}`], flags });
    expect(got).toBeLessThan(EVENTS);
  });
});

interface Entry {
  readonly entryId: string;
  readonly event: string;
}

const idIn = ({ event }: Entry): string => JSON.parse(Buffer.from(event, "base64").toString()).id;
const allSuccessful = (entries: readonly Entry[]): string =>
  JSON.stringify({ statuses: entries.map(({ entryId }) => ({ entryId, status: "SUCCESS" })) });
