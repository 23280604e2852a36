import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import { followOrders, placeOrders, until } from "../shop/orders.ts";
import { collectors } from "../tools/collectors.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { FIRST_PORT } from "../tools/ports.ts";
import { LEAST_SPANS, rootsOf, SPEAKERS, type Span, servicesIn } from "../tools/spans.ts";
import { brokers } from "./brokers.ts";
import { writeConfig } from "./overlay.ts";
import { SERVICES, type Shop, startShop } from "./shop.ts";

for (const { name, kind, engines, start } of collectors)
  describe.skipIf(whyMissing(`tracing: ${name}`, engines) !== undefined)(
    `one order in ${name}, by configuration of the sidecars alone`,
    () => {
      let collecting: Awaited<ReturnType<typeof start>>;
      let shop: Shop;
      let spans: readonly Span[] = [];

      /** Sidecars send their spans from time to time. */
      const wholeTrace = async (traceId: string): Promise<readonly Span[]> => {
        let known: readonly Span[] = [];
        const ask = async () => {
          known = await collecting.spansOf(traceId);
          return known.length >= LEAST_SPANS;
        };
        await until(ask, { what: `${name} knows every step` });
        return known;
      };

      beforeAll(async () => {
        const into = freshFolder(`tracing-${kind}`);
        const [port = 0] = await freePorts(FIRST_PORT + 90, 1);
        collecting = await start({ port, into });
        shop = await startShop({ kind: brokers.redis, dir: into, config: writeConfig({ into, kind, port }) });
        const placing = placeOrders(shop.url, 1);
        await placing.done;
        await followOrders(shop.url, placing.accepted.keys());
        const [orderId = ""] = placing.accepted.keys();
        const traceId = traceOf(orderId, readFileSync(shop.pods.billing.logFile, "utf8"));
        spans = await wholeTrace(traceId);
      });
      afterAll(async () => {
        await shop?.stop();
        await collecting?.stop();
      });

      it("has every service that says something in one trace, which the others log", () => {
        expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
        expect(servicesIn(spans)).toEqual(SPEAKERS);
        for (const name of SERVICES)
          expect(readFileSync(shop.pods[name].logFile, "utf8")).toContain(`"traceId":"${spans[0]?.traceId}"`);
      });

      it("has one tree: every step hangs on the one that caused it, up to the first publish", () => {
        expect(rootsOf(spans).map(({ name, localEndpoint }) => [localEndpoint.serviceName, name])).toEqual([
          ["order", expect.stringContaining("publish/pubsub/orders")],
        ]);
      });

      it("shows how long each publish took, and no delivery: daprd makes no span of events that it does not parse", () => {
        const isDelivery = ({ name }: Span) => name.startsWith("pubsub/");
        expect(spans.filter(isDelivery)).toEqual([]);
        for (const { duration } of spans) expect(duration).toBeGreaterThan(0);
      });

      // Zipkin keeps none.
      if (kind === "otlp")
        it("says a customer's tracestate with all that follows from the order", async () => {
          const traceId = randomBytes(16).toString("hex");
          const tracestate = "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE";
          const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01`, tracestate };
          const answer = await fetch(`${shop.url}/orders`, { method: "POST", headers });
          expect(answer.status).toBe(202);
          const published = (await wholeTrace(traceId)).filter(({ name }) => name.includes("publish/"));
          expect(servicesIn(published)).toEqual(SPEAKERS);
          expect(published).toEqual(published.map((span) => ({ ...span, tracestate })));
        });
    },
  );

/** The trace that a service has logged for an order. */
function traceOf(orderId: string, log: string): string {
  const line = log.split("\n").find((each) => each.includes(`"subject":"${orderId}"`) && each.includes('"traceId"'));
  return (JSON.parse(line ?? "{}") as { traceId?: string }).traceId ?? "";
}
