import type { InjectOptions } from "fastify";
import { expect, it, onTestFinished } from "vitest";
import { createFunctions } from "../../adapters/core/host/system-parts.ts";
import { BillPaid, OrderCreated } from "../../functions/events/index.ts";
import { system } from "../../functions/index.ts";
import { order } from "../../functions/order/handler.ts";
import { createEffects } from "../effects/index.ts";
import { createDaprApp } from "./app.ts";
import { createTestPorts } from "./test-ports.ts";

const TOKEN = "a-secret-that-nobody-knows";
const [, billing] = createFunctions(system, createEffects({}));

const delivery = (type: string, data: object): InjectOptions => ({
  method: "POST",
  headers: { "content-type": "application/cloudevents+json" },
  payload: JSON.stringify({ specversion: "1.0", id: "e-1", source: "/shop/test", type, data }),
});
const created = delivery(OrderCreated.type, OrderCreated.sample);

function start(options: Partial<Parameters<typeof createDaprApp>[1]> = {}, fn = billing) {
  if (!fn) throw new Error("no such function");
  const { ports, said } = createTestPorts();
  const app = createDaprApp(fn, { ports, ...options });
  onTestFinished(() => app.close());
  return { app, said };
}

it.each(["GET", "PUT", "PATCH", "DELETE", "OPTIONS"] as const)(
  "answers %s on an event route with 405",
  async (method) => {
    const { statusCode, headers } = await start().app.inject({ method, url: "/orders" });
    expect([statusCode, headers.allow]).toEqual([405, "POST"]);
  },
);

it.each(["/", "/bills", "/orders/o-1", "/Orders", "/orders2", "/dapr/subscribe", "/healthz", "/%2e%2e/x"])(
  "answers an event that comes to %s with 503: a sidecar drops what gets 404",
  async (url) => {
    const { app, said } = start();
    const { statusCode, json } = await app.inject({ ...created, url });
    expect([statusCode, json()]).toEqual([503, { status: "RETRY" }]);
    expect(said).toEqual([]);
  },
);

it("serves a topic with a slash at its end and with a query", async () => {
  const { app, said } = start();
  const answer = await app.inject({ ...created, url: "/orders/?x=1" });
  expect([answer.statusCode, answer.json(), said.length]).toEqual([200, { status: "SUCCESS" }, 1]);
});

it("answers a delivery that is at work while it closes, and says that no other may follow on its connection", async () => {
  const begun = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const publish = () => {
    begun.resolve();
    return held.promise;
  };
  const { app } = start({ ports: { ...createTestPorts().ports, publish }, limits: { lastCallMs: 10 } });
  const address = await app.listen({ host: "127.0.0.1", port: 0 });
  const send = async ({ headers, payload }: InjectOptions) => {
    const answer = await fetch(`${address}/orders`, { method: "POST", headers, body: payload } as RequestInit);
    const [connection, type] = ["connection", "content-type"].map((name) => answer.headers.get(name));
    return { connection, type, status: answer.status, body: await answer.json() };
  };
  const well = { status: 200, type: "application/json; charset=utf-8", body: { status: "SUCCESS" } };
  expect(await send(delivery(BillPaid.type, BillPaid.sample))).toEqual({ ...well, connection: "keep-alive" });
  const last = send(created);
  await begun.promise;
  const closed = app.close();
  await expect.poll(() => app.server.listening).toBe(false);
  held.resolve();
  expect(await last).toEqual({ ...well, connection: "close" });
  await closed;
});

it("tells a sidecar of no subscriptions: they are declared in YAML", async () => {
  const { app } = start();
  expect((await app.inject("/dapr/subscribe")).json()).toEqual([]);
  expect((await app.inject("/dapr/config")).json()).toEqual({});
  expect((await app.inject("/dapr/other")).statusCode).toBe(404);
});

const wrong: readonly (readonly [string, Partial<InjectOptions>])[] = [
  ["no token", {}],
  ["an empty token", { headers: { "dapr-api-token": "" } }],
  ["another token", { headers: { "dapr-api-token": "another" } }],
  ["the beginning of the token", { headers: { "dapr-api-token": TOKEN.slice(0, -1) } }],
  ["the token and more", { headers: { "dapr-api-token": `${TOKEN}x` } }],
  ["a token of 1 MB", { headers: { "dapr-api-token": "x".repeat(1_000_000) } }],
  ["the token in the query", { query: { "dapr-api-token": TOKEN } }],
  ["the token as a bearer", { headers: { authorization: `Bearer ${TOKEN}` } }],
];

it.each(wrong)("answers %s with 401, which a sidecar repeats, and does nothing", async (_what, { headers, query }) => {
  const { app, said } = start({ token: TOKEN });
  const shown = { headers: { ...created.headers, ...headers }, ...(query ? { query } : {}) };
  for (const [method, url] of [
    ["POST", "/orders"],
    ["GET", "/dapr/config"],
    ["DELETE", "/orders"],
  ] as const) {
    const { statusCode, body } = await app.inject({ ...created, ...shown, method, url });
    expect([method, statusCode]).toEqual([method, 401]);
    expect(body).not.toContain(TOKEN);
  }
  expect(said).toEqual([]);
});

it("takes the right token, and asks probes for none", async () => {
  const { app } = start({ token: TOKEN }, order);
  const paid = delivery(BillPaid.type, BillPaid.sample);
  const headers = { ...paid.headers, "dapr-api-token": TOKEN };
  expect((await app.inject({ ...paid, headers, url: "/bills" })).statusCode).toBe(200);
  expect((await app.inject("/healthz")).statusCode).toBe(200);
  expect((await app.inject("/readyz")).statusCode).toBe(200);
});

it("is alive but not ready while it is not well", async () => {
  let well = false;
  const { app } = start({ isWell: async () => well });
  expect((await app.inject("/healthz")).statusCode).toBe(200);
  expect((await app.inject("/readyz")).statusCode).toBe(503);
  well = true;
  expect((await app.inject("/readyz")).statusCode).toBe(200);
});

it("sheds events but no probes while its event loop is blocked", async () => {
  const { app, said } = start();
  await app.ready();
  let answer = await app.inject({ ...created, url: "/healthz", method: "GET" });
  const until = performance.now() + 10_000;
  do {
    const blocked = performance.now() + 1_500;
    while (performance.now() < blocked);
    await new Promise((resolve) => setTimeout(resolve, 30));
    answer = await app.inject({ ...created, url: "/orders" });
  } while (answer.statusCode !== 503 && performance.now() < until);
  expect([answer.statusCode, answer.headers["retry-after"], answer.json()]).toEqual([503, "1", { status: "RETRY" }]);
  expect((await app.inject("/healthz")).statusCode).toBe(200);
  expect((await app.inject("/readyz")).statusCode).toBe(200);
  expect(said.length).toBeLessThanOrEqual(1);
});
