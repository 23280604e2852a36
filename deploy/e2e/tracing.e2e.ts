import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePorts } from "../../adapters/local/free-ports.ts";
import { daprd } from "../engines/daprd.ts";
import type { Running } from "../engines/engine.ts";
import { redis } from "../engines/redis.ts";
import { startZipkin, zipkin } from "../engines/zipkin.ts";
import { brokers } from "./brokers.ts";
import { followOrders, placeOrders, until } from "./orders.ts";
import { freshFolder, whyMissing } from "./output.ts";
import { writeConfig } from "./overlay.ts";
import { FIRST_PORT } from "./ports.ts";
import { SERVICES, type Shop, startShop } from "./shop.ts";
import { LEAST_DELIVERIES, LEAST_SPANS, rootsOf, type Span, servicesIn } from "./spans.ts";

const missing = whyMissing("tracing", [daprd, redis, zipkin]);

describe.skipIf(missing !== undefined)("one order in Zipkin, by configuration of the sidecars alone", () => {
  let collector: Running;
  let shop: Shop;
  let spans: readonly Span[] = [];

  beforeAll(async () => {
    const into = freshFolder("tracing");
    const [zipkinPort = 0] = await freePorts(FIRST_PORT + 90, 1);
    collector = await startZipkin({ port: zipkinPort, logFile: `${into}/zipkin.log` });
    shop = await startShop({ kind: brokers.redis, dir: into, config: writeConfig({ into, zipkinPort }) });
    const placing = placeOrders(shop.url, 1);
    await placing.done;
    await followOrders(shop.url, placing.accepted.keys());
    const [orderId = ""] = placing.accepted.keys();
    const traceId = traceOf(orderId, readFileSync(shop.pods.billing.logFile, "utf8"));
    const ask = async () => {
      const answer = await fetch(`http://127.0.0.1:${zipkinPort}/api/v2/trace/${traceId}`);
      spans = answer.ok ? ((await answer.json()) as Span[]) : [];
      return SERVICES.every((name) => consumersOf(spans).has(name)) && spans.length >= LEAST_SPANS;
    };
    // Sidecars send their spans from time to time.
    await until(ask, { what: "Zipkin knows every step" });
  });
  afterAll(async () => {
    await shop?.stop();
    await collector?.stop();
  });

  it("has every service in one trace", () => {
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(servicesIn(spans)).toEqual([...SERVICES].sort());
  });

  it("has one tree: every step hangs on the one that caused it, up to the first publish", () => {
    expect(rootsOf(spans).map(({ name, localEndpoint }) => [localEndpoint.serviceName, name])).toEqual([
      ["order", expect.stringContaining("publish/pubsub/orders")],
    ]);
  });

  it("shows how long each delivery took", () => {
    const deliveries = spans.filter(({ name }) => name.startsWith("pubsub/"));
    expect(deliveries.length).toBeGreaterThanOrEqual(LEAST_DELIVERIES);
    for (const { duration } of deliveries) expect(duration).toBeGreaterThan(0);
  });
});

const consumersOf = (spans: readonly Span[]): ReadonlySet<string> =>
  new Set(spans.filter(({ name }) => name.startsWith("pubsub/")).map(({ localEndpoint }) => localEndpoint.serviceName));

/** The trace that a service has logged for an order. */
function traceOf(orderId: string, log: string): string {
  const line = log.split("\n").find((each) => each.includes(`"subject":"${orderId}"`) && each.includes('"traceId"'));
  return (JSON.parse(line ?? "{}") as { traceId?: string }).traceId ?? "";
}
