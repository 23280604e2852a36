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
import { type Pod, SERVICES, type Shop, startShop } from "./shop.ts";

const TOGETHER = 20;
/** Of an order that is shipped. */
const MAILS = 3;

for (const { name, kind, engines, start } of collectors)
  describe.skipIf(whyMissing(`tracing: ${name}`, engines) !== undefined)(
    `one order in ${name}, by configuration of the sidecars alone`,
    () => {
      let collecting: Awaited<ReturnType<typeof start>>;
      let shop: Shop;
      let spans: readonly Span[] = [];
      let orderId = "";

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
        [orderId = ""] = placing.accepted.keys();
        const [traceId = ""] = traceIdsOf(orderId, shop.pods.billing);
        spans = await wholeTrace(traceId);
      });
      afterAll(async () => {
        await shop?.stop();
        await collecting?.stop();
      });

      it("has every service that says something in one trace", () => {
        expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
        expect(servicesIn(spans)).toEqual(SPEAKERS);
      });

      it("has one tree: every step hangs on the one that caused it, up to the first publish", () => {
        expect(rootsOf(spans).map(({ name, localEndpoint }) => [localEndpoint.serviceName, name])).toEqual([
          ["order", expect.stringContaining("publish/pubsub/orders")],
        ]);
      });

      it("has a span for each publish, and none for a delivery: a sidecar makes none of what it brings as bytes", () => {
        expect(spans.map(({ name }) => name).filter((name) => !name.includes("publish/"))).toEqual([]);
        expect(spans).toHaveLength(LEAST_SPANS);
      });

      it("goes on to the mail: every service logs the same trace with each event of the order", () => {
        const traceIds = SERVICES.map((name) => [name, new Set(traceIdsOf(orderId, shop.pods[name]))]);
        expect(traceIds).toEqual(SERVICES.map((name) => [name, new Set([spans[0]?.traceId])]));
      });

      it("keeps the traces of orders apart that are published together, of which sidecars make no spans", async () => {
        const traces = new Map<string, string>();
        const place = async () => {
          const traceId = randomBytes(16).toString("hex");
          const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` };
          const answer = await fetch(`${shop.url}/orders`, { method: "POST", headers });
          traces.set(((await answer.json()) as { readonly orderId: string }).orderId, traceId);
        };
        await Promise.all(Array.from({ length: TOGETHER }, place));
        const fates = await followOrders(shop.url, traces.keys());
        expect(new Set(fates.values())).toEqual(new Set(["shipped"]));
        for (const [id, traceId] of traces) {
          const { notification } = shop.pods;
          await until(() => traceIdsOf(id, notification).length >= MAILS, { what: "its mails are sent" });
          for (const name of SERVICES) expect(new Set(traceIdsOf(id, shop.pods[name]))).toEqual(new Set([traceId]));
        }
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

/** Of each event of an order that a broker brought, the trace that a service has logged. */
function traceIdsOf(orderId: string, { logFile }: Pod): readonly string[] {
  const lines = readFileSync(logFile, "utf8").split("\n");
  const ours = lines.filter((line) => line.includes(`"subject":"${orderId}"`) && line.includes('"topic":'));
  return ours.map((line) => JSON.parse(line).traceId);
}
