import { expect, it } from "vitest";
import { createMetrics } from "../../adapters/dapr/metrics.ts";
import { toTold } from "../../adapters/local/console/chronicle.ts";
import { system } from "../../functions/index.ts";
import { fromSpan } from "./happenings.ts";
import { readMetrics } from "./metrics.ts";

it("shows a line of a log as what a function told", () => {
  const told = {
    time: 5,
    function: "f",
    event: "e",
    correlationid: "c",
    outcome: "ack",
    how: "handled",
    durationMs: 3,
  } as const;
  expect(toTold(told)).toEqual({
    ...{ at: 5, kind: "told", app: "f", event: "e", correlation: "c", outcome: "ack", how: "handled", ms: 3 },
  });
});

it.each([
  ["alone", "/v1.0/publish/pubsub/things"],
  ["in a bulk", "/v1.0-alpha1/publish/bulk/pubsub/things"],
])("shows the span of what a sidecar published %s, and no other", (_how, name) => {
  const span = { traceId: "t", id: "1", name, timestamp: 2_000, duration: 1_500, localEndpoint: { serviceName: "f" } };
  expect(fromSpan(span)).toEqual({ at: 2, kind: "published", app: "f", topic: "things", correlation: "t", ms: 1.5 });
  expect(fromSpan({ ...span, name: "/v1.0/state/statestore" })).toBeUndefined();
});

it("reads what a service's metrics say, as they are really written", async () => {
  const [fn] = system.functions;
  if (!fn) throw new Error("a system has functions");
  const metrics = createMetrics(fn.definition);
  const common = {
    functionName: fn.name,
    topic: undefined,
    traceparent: undefined,
    tracestate: undefined,
    durationMs: 1,
  };
  for (const how of ["handled", "handled", "duplicate"] as const)
    metrics.observe({ ...common, event: undefined, outcome: { kind: "ack", how } } as never);
  metrics.observe({ ...common, event: undefined, outcome: { kind: "dead", code: "schema", reason: "" } } as never);
  const server = await metrics.serve({ host: "127.0.0.1", port: 0 });
  const text = await (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text();
  await server.close();
  expect(readMetrics(text)).toEqual({
    ...{ function: fn.name, handled: 2, passed: 1, dead: 1, parked: 0, due: 0, isUnsaid: false },
  });
  expect(readMetrics("# nothing of ours\nup 1\n")).toBeUndefined();
});
