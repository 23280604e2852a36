import type { InjectOptions } from "fastify";
import { expect, it, onTestFinished } from "vitest";
import { served, settings } from "../core/edge/test-orders.ts";
import { createMemoryLedger } from "../core/ledger/memory-ledger.ts";
import { createEdgeApp } from "./edge.ts";
import { createTestPorts } from "./test-ports.ts";

const PROBLEM = "application/problem+json; charset=utf-8";

function start(others: Parameters<typeof createTestPorts>[0] = {}) {
  const { ports, said } = createTestPorts(others);
  const app = createEdgeApp([served], { ports, settings, token: "t" });
  onTestFinished(() => app.close());
  const ask = (method: InjectOptions["method"], url: string, more: InjectOptions = {}) =>
    app.inject({ ...more, ...(method ? { method } : {}), url });
  return { ask, said };
}

it("places an order for an empty POST, with and without a content type, and shows it", async () => {
  const { ask, said } = start();
  for (const headers of [{}, { "content-type": "application/json" }, { "content-type": "text/plain" }]) {
    const { statusCode, headers: answered, json } = await ask("POST", "/orders", { headers });
    expect([statusCode, answered.location]).toEqual([202, `/orders/${json().orderId}`]);
    const shown = await ask("GET", `/orders/${json().orderId}`);
    expect([shown.statusCode, shown.json()]).toEqual([200, json()]);
  }
  expect(said).toHaveLength(3);
});

it.each<[InjectOptions["method"], string, string]>([
  ["GET", "/orders", "POST"],
  ["PUT", "/orders", "POST"],
  ["DELETE", "/orders", "POST"],
  ["POST", "/orders/o-1", "GET, HEAD"],
  ["DELETE", "/orders/o-1", "GET, HEAD"],
])("answers %s %s with 405 and what is allowed", async (method, url, allow) => {
  const { statusCode, headers } = await start().ask(method, url);
  expect([statusCode, headers.allow]).toEqual([405, allow]);
});

it("answers with problems as problem+json", async () => {
  const { ask, said } = start();
  const large = { payload: Buffer.alloc(256 * 1024 + 1, "x"), headers: { "content-type": "application/json" } };
  const event = { payload: "{}", headers: { "content-type": "application/cloudevents+json" } };
  const answers = [
    await ask("GET", "/orders/o-1"),
    await ask("POST", "/orders", large),
    await ask("POST", "/orders", event),
    await ask("POST", "/orders", { payload: "{", headers: { "content-type": "application/json" } }),
    await ask("POST", "/orders", { payload: "{}", headers: { "content-type": "nonsense" } }),
  ];
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([404, 413, 503, 400, 415]);
  for (const { statusCode, headers, json } of answers) {
    expect([statusCode, headers["content-type"]]).toEqual([statusCode, PROBLEM]);
    expect(json()).toMatchObject({ status: statusCode, detail: expect.any(String) });
  }
  expect(said).toEqual([]);
});

it("says when to ask again while the ledger is down, and then completes the same order", async () => {
  let down = true;
  const topics: string[] = [];
  const ledger = createMemoryLedger();
  const { ask } = start({
    publish: async (events) => void topics.push(...events.map(({ topic }) => topic)),
    ledger: {
      ...ledger,
      save: async (...save) => {
        if (down) throw new Error("down");
        return ledger.save(...save);
      },
    },
  });
  const again = { headers: { "idempotency-key": "k-1" } };
  const refused = await ask("POST", "/orders", again);
  expect([refused.statusCode, refused.headers["retry-after"], refused.headers["content-type"]]).toEqual([
    503,
    "1",
    PROBLEM,
  ]);
  down = false;
  const placed = await ask("POST", "/orders", again);
  expect(placed.statusCode).toBe(202);
  expect((await ask("POST", "/orders", again)).json()).toEqual(placed.json());
  expect(new Set(topics)).toEqual(new Set(["orders"]));
});

it("a key belongs to who asks, as the header says in which whatever stands before it tells", async () => {
  const { ports } = createTestPorts();
  const app = createEdgeApp([served], { ports, settings, principalHeader: "x-user" });
  onTestFinished(() => app.close());
  const placeAs = async (user: string) => {
    const headers = { "idempotency-key": "k-1", "x-user": user };
    return (await app.inject({ method: "POST", url: "/orders", headers })).headers.location;
  };
  const [ada, bob] = [await placeAs("ada"), await placeAs("bob")];
  expect(ada).not.toBe(bob);
  expect(await placeAs("ada")).toBe(ada);
});

it("serves no event: what a subscription would bring is not there, but for whoever holds the token, who has it again", async () => {
  const { ask, said } = start();
  const event = { payload: "{}", headers: { "content-type": "application/cloudevents+json" } };
  expect((await ask("POST", "/bills", event)).statusCode).toBe(404);
  const held = { ...event, headers: { ...event.headers, "dapr-api-token": "t" } };
  expect((await ask("POST", "/bills", held)).statusCode).toBe(503);
  expect(said).toEqual([]);
});
