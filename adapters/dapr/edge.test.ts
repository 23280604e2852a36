import type { InjectOptions } from "fastify";
import { type Logger, pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { broken, served, settings } from "../core/edge/test-orders.ts";
import { createMemoryLedger } from "../core/ledger/memory-ledger.ts";
import { createEdgeApp } from "./edge.ts";
import { createTestPorts } from "./test-ports.ts";

const ORDER = {
  customer: { name: "Ada", email: "ada@example.com" },
  items: [{ sku: "mug", quantity: 2, unitPrice: 100 }],
  currency: "EUR",
};
const PROBLEM = "application/problem+json; charset=utf-8";

function start(others: Parameters<typeof createTestPorts>[0] = {}, logger?: Logger) {
  const { ports, said } = createTestPorts(others);
  const app = createEdgeApp([served, broken], { ports, settings, token: "t", ...(logger ? { logger } : {}) });
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
  const app = createEdgeApp([served, broken], { ports, settings, principalHeader: "x-user" });
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

it("logs what code is at fault for with its place, and nothing of what was asked", async () => {
  const lines: string[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  const { ask } = start({}, logger);
  const headers = { "content-type": "application/json" };
  await ask("PUT", "/orders-late", {
    headers,
    payload: JSON.stringify({ ...ORDER, customer: { ...ORDER.customer, name: "late" } }),
  });
  const [line = "", ...more] = lines.filter((each) => JSON.parse(each).level >= 50);
  const { message, stack } = JSON.parse(line).err;
  expect([message, more]).toEqual(["orders cannot be <value>", []]);
  expect(stack).toMatch(/^TypeError: orders cannot be <value>\n {4}at .*adapters\/core\/edge\/test-orders\.ts:\d+:\d+/);
});

it("answers what code is at fault for that nothing is promised; an edge whose path begins with another's is its own", async () => {
  const { ask, said } = start();
  const headers = { "content-type": "application/json" };
  const { statusCode, json } = await ask("PUT", "/orders-late", { headers, payload: JSON.stringify(ORDER) });
  expect([statusCode, json().detail]).toEqual([503, "not placed: ask again with the same Idempotency-Key"]);
  expect((await ask("PUT", "/orders")).headers.allow).toBe("POST");
  expect((await ask("POST", "/orders-late")).headers.allow).toBe("PUT");
  expect(said).toEqual([]);
});

it.each<[InjectOptions["method"], string, number, string | undefined]>([
  ["HEAD", "/orders", 405, "POST"],
  ["OPTIONS", "/orders", 405, "POST"],
  ["OPTIONS", "/orders/o-1", 405, "GET, HEAD"],
  ["HEAD", "/orders/o-1", 404, undefined],
  ["GET", "/orders/a%2Fb", 404, undefined],
  ["GET", "/orders/%E0%A4%A", 400, undefined],
  ["GET", "/orders/%", 400, undefined],
  ["GET", `/orders/${"x".repeat(300)}`, 414, undefined],
  ["POST", "/orders//", 405, "GET, HEAD"],
  ["POST", "/%6Frders/", 202, undefined],
])("answers %s %s with what it is in HTTP", async (method, url, status, allow) => {
  const answer = await start().ask(method, url);
  expect([answer.statusCode, answer.headers.allow]).toEqual([status, allow]);
  if (status >= 400) expect(answer.headers["content-type"]).toBe(PROBLEM);
});
