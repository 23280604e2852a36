import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { catalogue, OrderPaid } from "../../functions/events/index.ts";
import { createUnknownTypes } from "../core/dispatch/unknown-types.ts";
import { createEffects } from "../effects/index.ts";
import { createDaprApp } from "./app.ts";
import { logObservation } from "./log.ts";
import { createTestPorts } from "./test-ports.ts";

const STRANGE = "com.example.order.created.v2";
const MINUTE_MS = 60_000;
const WARN = 40;
const INFO = 30;

/** Billing behind a sidecar, with a clock of its own, and what it logs: level, type, what became of it. */
function start(ms: number) {
  let clock = Date.parse("2026-11-25T10:00:00Z");
  const lines: unknown[] = [];
  const write = (line: string) => {
    const { level, type, code, how } = JSON.parse(line);
    lines.push([level, type, code ?? how]);
  };
  const { ports } = createTestPorts({
    types: new Set(catalogue.map(({ type }) => type)),
    unknown: createUnknownTypes({ ms }),
    now: () => clock,
    observe: logObservation(pino({}, { write })),
  });
  const app = createDaprApp(createBilling(createEffects({})), { ports });
  onTestFinished(() => app.close());
  const post = async (contentType: string, payload: object) => {
    const headers = { "content-type": contentType };
    const { statusCode, json } = await app.inject({ method: "POST", url: "/orders", headers, payload });
    return [statusCode, json()];
  };
  return {
    lines,
    deliver: (event: object) => post("application/cloudevents+json", event),
    deliverBulk: (events: readonly object[]) =>
      post("application/json", { entries: events.map((event, index) => ({ entryId: String(index), event })) }),
    pass(time: number) {
      clock += time;
    },
  };
}

const event = (type: string, id = "e-1") => ({ specversion: "1.0", id, source: "/s", type });
const SUCCESS = [200, { status: "SUCCESS" }];
const RETRY = [503, { status: "RETRY" }];

it("acknowledges a type that is in no catalogue, and warns of it once; one that others consume is no news", async () => {
  const { deliver, lines } = start(0);
  for (const type of [STRANGE, OrderPaid.type, STRANGE]) expect(await deliver(event(type))).toEqual(SUCCESS);
  expect(lines).toEqual([
    [WARN, STRANGE, "unknown"],
    [INFO, OrderPaid.type, "ignored"],
    [INFO, STRANGE, "unknown"],
  ]);
});

it("lets it come again for the time that is set, then acknowledges it", async () => {
  const { deliver, pass, lines } = start(MINUTE_MS);
  expect(await deliver(event(STRANGE))).toEqual(RETRY);
  pass(MINUTE_MS - 1);
  expect(await deliver(event(STRANGE))).toEqual(RETRY);
  pass(1);
  expect(await deliver(event(STRANGE))).toEqual(SUCCESS);
  expect(lines).toEqual([WARN, INFO, INFO].map((level) => [level, STRANGE, "unknown"]));
});

it("lets no other entry of a bulk wait for it", async () => {
  const { deliverBulk } = start(MINUTE_MS);
  expect(await deliverBulk([event(STRANGE), event(OrderPaid.type, "e-2")])).toEqual([
    200,
    {
      statuses: [
        { entryId: "0", status: "RETRY" },
        { entryId: "1", status: "SUCCESS" },
      ],
    },
  ]);
});

it("says a type in the log that is no secret and no novel", async () => {
  const { deliver, lines } = start(0);
  for (const type of ["order.of.ada@example.com", "x".repeat(100_000)])
    expect(await deliver(event(type))).toEqual(SUCCESS);
  expect(lines).toEqual([
    [WARN, "<address>", "unknown"],
    [WARN, "x".repeat(200), "unknown"],
  ]);
});
