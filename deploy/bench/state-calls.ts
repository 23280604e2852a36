import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Observation, Ports } from "../../adapters/core/dispatch/ports.ts";
import { served, settings } from "../../adapters/core/edge/test-orders.ts";
import { createFunctions } from "../../adapters/core/host/system-parts.ts";
import { marksOf } from "../../adapters/core/ledger/marks.ts";
import { createAgenda } from "../../adapters/core/relay/agenda.ts";
import { createDaprApp } from "../../adapters/dapr/app.ts";
import { createEdgeApp } from "../../adapters/dapr/edge.ts";
import { createPublisher } from "../../adapters/dapr/publisher.ts";
import { createSidecar, type Sidecar } from "../../adapters/dapr/sidecar-client.ts";
import { createDaprLedger } from "../../adapters/dapr/state-ledger.ts";
import { createEffects } from "../../adapters/effects/index.ts";
import { freePort } from "../../adapters/local/free-ports.ts";
import { createSidecars } from "../../adapters/local/sidecars.ts";
import { system } from "../../functions/index.ts";
import { until } from "../e2e/shop/orders.ts";

const RESOURCES = ["resources", "brokers/redis"].map((folder) => join(import.meta.dirname, "../dapr", folder));
/** Of an order that is shipped: order handles three events, notification three, billing and shipping one each. */
const HANDLED = 8;
const TIMEOUT_MS = 10_000;

/** A sidecar that counts the requests to its state API: all of them, and those that put rows. */
function countRequests(sidecar: Sidecar) {
  const requests = { all: 0, puts: 0 };
  const call: Sidecar["call"] = (asked) => {
    if (asked.path.startsWith("state/")) {
      requests.all++;
      if (String(asked.body ?? "").includes('"concurrency":"last-write"')) requests.puts++;
    }
    return sidecar.call(asked);
  };
  return { requests, sidecar: { ...sidecar, call } };
}

/** The shop in one process: services on Dapr's state and local sidecars, all requests over HTTP. */
export interface CountedShop {
  /** Places an order, and waits until the customer has heard that it is shipped. */
  place(): Promise<void>;
  /** Writes what waits to be written. out: requests to the state API since the last time, those of every service */
  count(): Promise<number>;
  close(): Promise<void>;
}

export async function openCountedShop(): Promise<CountedShop> {
  const functions = createFunctions(system, createEffects({}));
  const wanted: { appId: string; appPort: number; httpPort: number }[] = [];
  for (const { name } of functions) wanted.push({ appId: name, appPort: await freePort(), httpPort: 0 });
  const apps = wanted.map((each) => ({ ...each, healthCheckPath: "/readyz" }));
  const sidecars = await createSidecars({ resources: RESOURCES, database: ":memory:", apps });
  const handled = new Map<string, number>();
  const observe = ({ event, outcome }: Observation) => {
    const { subject = "" } = event ?? {};
    if (outcome.kind === "ack" && outcome.how === "handled") handled.set(subject, (handled.get(subject) ?? 0) + 1);
  };
  const services = functions.map((fn, nth) => {
    const endpoint = `http://127.0.0.1:${sidecars.apps[nth]?.httpPort}`;
    const { sidecar, requests } = countRequests(
      createSidecar({ endpoint, version: "v1.0", token: undefined, timeoutMs: TIMEOUT_MS }),
    );
    const agenda = createAgenda({
      ledger: createDaprLedger({ sidecar, store: "statestore" }),
      of: fn.name,
      now: Date.now,
    });
    const ports: Ports = {
      ...{ ledger: agenda, publish: createPublisher({ sidecar, pubsubName: "pubsub" }), observe, now: Date.now },
      ...{ deadlineMs: TIMEOUT_MS, leaseMs: 2 * TIMEOUT_MS, isRelayed: true },
    };
    return { ports, agenda, requests, sidecar, app: createDaprApp(fn, { ports }) };
  });
  for (const [nth, { app }] of services.entries())
    await app.listen({ host: "127.0.0.1", port: wanted[nth]?.appPort ?? 0 });
  const { ports: ownPorts } = services[0] as (typeof services)[number];
  const edge = createEdgeApp([served], { ports: ownPorts, settings });
  const url = `${await edge.listen({ host: "127.0.0.1", port: 0 })}/orders`;
  return {
    async place() {
      const answer = await fetch(url, { method: "POST", headers: { "idempotency-key": randomUUID() } });
      if (answer.status !== 202) throw new Error(`POST /orders: ${answer.status} ${await answer.text()}`);
      const { orderId } = (await answer.json()) as { orderId: string };
      await until(() => handled.get(orderId) === HANDLED, { what: `${orderId} is shipped`, everyMs: 5 });
    },
    async count() {
      for (const { ports } of services) await marksOf(ports).flush();
      const sumOf = (what: "all" | "puts") => services.reduce((sum, { requests }) => sum + requests[what], 0);
      const [sum, before] = [sumOf("all"), sumOf("puts")];
      // What a relay that looks writes for them. That it looks, each 20 s, is no order's.
      for (const { agenda } of services) await agenda.due("", { until: 0, most: 1 });
      const written = sumOf("puts") - before;
      for (const { requests } of services) Object.assign(requests, { all: 0, puts: 0 });
      return sum + written;
    },
    async close() {
      await edge.close();
      await Promise.all(
        services.map(async ({ app, agenda, sidecar }) => {
          await app.close();
          await agenda.close();
          await sidecar.close();
        }),
      );
      await sidecars.close();
    },
  };
}
