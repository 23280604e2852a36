import { expect, it, onTestFinished } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { catalogue, OrderCreated, OrderPaid } from "../../functions/events/index.ts";
import { receive } from "../core/dispatch/receive.ts";
import { createUnknownTypes } from "../core/dispatch/unknown-types.ts";
import { createMemoryLedger } from "../core/ledger/memory-ledger.ts";
import { createEffects } from "../effects/index.ts";
import { createMetrics } from "./metrics.ts";
import { createTestPorts } from "./test-ports.ts";

const billing = createBilling(createEffects({}));
const TYPE = OrderCreated.type;

/** Billing with its metrics, and what Prometheus reads of them. */
async function start({ publish = async () => {}, ms = 0 } = {}) {
  const metrics = createMetrics(billing);
  const { ports } = createTestPorts({
    ledger: metrics.watchLedger(createMemoryLedger()),
    publish: metrics.watchPublish(publish),
    observe: metrics.observe,
    types: new Set(catalogue.map(({ type }) => type)),
    unknown: createUnknownTypes({ ms }),
  });
  const server = await metrics.serve({ host: "127.0.0.1", port: 0 });
  onTestFinished(server.close);
  const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init);
  return {
    get,
    async deliver(members: object) {
      const event = { specversion: "1.0", id: "e-1", source: "/s", type: TYPE, data: OrderCreated.sample, ...members };
      const headers = { "content-type": "application/cloudevents+json" };
      await receive(billing, { headers, body: Buffer.from(JSON.stringify(event)), topic: "orders" }, ports);
    },
    /** The samples of our own counters that are not 0, without the label that all have. */
    async counts() {
      const text = await (await get("/metrics")).text();
      const lines = text.split("\n").filter((line) => /^loosely_(?!event_duration)\w+\{.*\} [1-9]/.test(line));
      return lines.map((line) => line.replace(/,?function="billing"/, "").replace("{}", ""));
    },
    text: async () => (await get("/metrics")).text(),
    ledger: ports.ledger,
  };
}

it("counts an event once by what became of it, and how long it took", async () => {
  const { deliver, counts, text } = await start();
  await deliver({});
  await deliver({});
  expect(await counts()).toEqual([
    `loosely_events_total{type="${TYPE}",outcome="handled"} 1`,
    `loosely_events_total{type="${TYPE}",outcome="duplicate"} 1`,
  ]);
  expect(await text()).toMatch(
    new RegExp(`^loosely_event_duration_seconds_count\\{.*type="${TYPE}",outcome="handled"\\} 1$`, "m"),
  );
});

it("counts dead letters by their reason, under no type that a stranger has made up", async () => {
  const { deliver, counts } = await start();
  await deliver({ data: {} });
  await deliver({ type: OrderPaid.type });
  await deliver({ type: "made.up.by.a.stranger.v1" });
  await deliver({ type: "made.up.by.another.v1" });
  await deliver({ specversion: "0.3" });
  await deliver({ specversion: null });
  expect(await counts()).toEqual([
    `loosely_events_total{type="${TYPE}",outcome="dead"} 2`,
    'loosely_events_total{type="other",outcome="ignored"} 1',
    'loosely_events_total{type="other",outcome="unknown"} 2',
    'loosely_events_total{type="other",outcome="dead"} 1',
    'loosely_dead_letters_total{code="schema"} 1',
    'loosely_dead_letters_total{code="attribute"} 2',
  ]);
});

it("counts what comes again by the step that failed, and each publish that failed", async () => {
  const { deliver, counts } = await start({ publish: () => Promise.reject(new Error("away")) });
  await deliver({});
  await deliver({});
  expect(await counts()).toEqual([
    `loosely_events_total{type="${TYPE}",outcome="retry"} 2`,
    'loosely_retries_total{step="publish"} 2',
    "loosely_publish_failures_total 2",
  ]);
});

it("counts apart what comes again because its type is in no catalogue", async () => {
  const { deliver, counts } = await start({ ms: 60_000 });
  await deliver({ type: "made.up.by.a.stranger.v1" });
  expect(await counts()).toEqual([
    'loosely_events_total{type="other",outcome="retry"} 1',
    'loosely_retries_total{step="unknown"} 1',
  ]);
});

it("counts saves that came too late, and none that met a duplicate", async () => {
  const { ledger, counts } = await start();
  const first = await ledger.save("a", { state: 1 }, { expected: undefined });
  expect(await ledger.save("a", { state: 2 }, { expected: undefined })).toBe(false);
  expect(await ledger.save("a", { state: 2 }, { expected: String(first) })).not.toBe(false);
  expect(await ledger.save("a", { state: 3 }, { expected: String(first) })).toBe(false);
  expect(await counts()).toEqual(["loosely_ledger_conflicts_total 1"]);
});

it("counts nothing else of a ledger, and leaves it as it is", async () => {
  const ledger = createMetrics(billing).watchLedger(createMemoryLedger());
  const version = await ledger.save("a", { state: 1 }, { expected: undefined });
  await ledger.put([{ key: "b", entry: { state: 2 }, ttlMs: 60_000 }]);
  const [a, b] = await ledger.loadAll(["a", "b"]);
  expect([a, b?.entry, ledger.maxBytes]).toEqual([
    { entry: { state: 1 }, version },
    { state: 2 },
    Number.POSITIVE_INFINITY,
  ]);
});

it("has the process beside it: memory, event loop, processor", async () => {
  const { text } = await start();
  for (const name of ["process_cpu_seconds_total", "process_resident_memory_bytes", "nodejs_eventloop_lag_seconds"])
    expect(await text()).toContain(`${name}{function="billing"}`);
});

it.each([
  ["GET", "/metrics", 200, "text/plain; version=0.0.4; charset=utf-8"],
  ["POST", "/metrics", 404, null],
  ["GET", "/", 404, null],
])("answers %s %s with %i", async (method, path, status, type) => {
  const { get } = await start();
  const answer = await get(path, { method });
  expect([answer.status, answer.headers.get("content-type")]).toEqual([status, type]);
});
