import { once } from "node:events";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { OrderCreated } from "../../functions/events/index.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { createMemoryLedger } from "../core/ledger/memory-ledger.ts";
import type { Said } from "../core/relay/publish.ts";
import { createEffects } from "../effects/index.ts";
import { registerFunctions } from "./receive.ts";

const SECRET = "the password of the database is swordfish";
let said: Said[] = [];
let isBroken = false;

const ports: Ports = {
  ledger: createMemoryLedger(),
  async publish(events) {
    said.push(...events);
  },
  now: Date.now,
  deadlineMs: 5_000,
  leaseMs: 10_000,
};
const billing = createBilling({
  charge: async () => {
    if (isBroken) throw new Error(SECRET);
    return { ok: true, receipt: "r-1" };
  },
  withdraw: createEffects({}).withdraw,
});

registerFunctions([billing], { ports });
const functions = getTestServer("billing");
let url = "";

beforeAll(async () => {
  await once(functions.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${(functions.address() as AddressInfo).port}`;
});
afterAll(() => {
  functions.close();
  functions.closeAllConnections();
});
beforeEach(() => {
  said = [];
  isBroken = false;
});

const BINARY = { "ce-specversion": "1.0", "ce-source": "/test", "ce-type": OrderCreated.type };
const event = (id: string, data: unknown = OrderCreated.sample) =>
  JSON.stringify({ specversion: "1.0", id, source: "/test", type: OrderCreated.type, data });
const post = (path: string, init: RequestInit & { readonly headers: Record<string, string> }) =>
  fetch(`${url}${path}`, { method: "POST", ...init });
const lettersOf = (events: readonly Said[]) =>
  events.flatMap(({ topic, body }) => (topic === "dead-letters" ? JSON.parse(body).deadcode : []));

it.each([
  ["text", { "content-type": "text/plain", ...BINARY, "ce-id": "t" }, "hello", "schema"],
  ["no body", { ...BINARY, "ce-id": "n" }, undefined, "schema"],
  ["a JSON primitive", { "content-type": "application/json", ...BINARY, "ce-id": "p" }, "42", "schema"],
  ["malformed JSON", { "content-type": "application/json", ...BINARY, "ce-id": "m" }, "{", "json"],
  ["malformed structured JSON", { "content-type": "application/cloudevents+json" }, "{", "json"],
  [
    "a form, which a push without wrapper calls itself",
    { "content-type": "application/x-www-form-urlencoded" },
    "a=b",
    "json",
  ],
  [
    "structured without an id",
    { "content-type": "application/cloudevents+json" },
    '{"specversion":"1.0"}',
    "attribute",
  ],
])("%s: a dead letter and 204, where the framework says 400, 500 or nothing", async (_, headers, body, code) => {
  const answer = await post("/orders", { headers, ...(body === undefined ? {} : { body }) });
  expect([answer.status, await answer.text(), lettersOf(said)]).toEqual([204, "", [code]]);
});

it("a batch: every event is handled, where the framework hands over bytes once", async () => {
  const body = `[${event("b-1")},${event("b-2")}]`;
  const answer = await post("/", { headers: { "content-type": "application/cloudevents-batch+json" }, body });
  expect([answer.status, said.length]).toEqual([204, 2]);
});

it("an error's message stays inside: 503 and an empty body", async () => {
  isBroken = true;
  const answer = await post("/orders", {
    headers: { "content-type": "application/cloudevents+json" },
    body: event("e-1"),
  });
  const told = `${await answer.text()}${JSON.stringify([...answer.headers])}`;
  expect([answer.status, told.includes("swordfish"), said]).toEqual([503, false, []]);
});

it.each([
  ["GET", "/", 200],
  ["HEAD", "/", 200],
  ["GET", "/orders", 405],
  ["PUT", "/orders", 405],
])("%s %s: %i", async (method, path, status) => {
  expect((await fetch(`${url}${path}`, { method })).status).toBe(status);
});

it.each(["/bills", "/bills/", "/%", "/%E0%A4%A", "/robots.txt"])(
  "%s is none of its topics: 503, for a wrong subscription must wait and be seen",
  async (path) => {
    const headers = { "content-type": "application/cloudevents+json" };
    const answer = await post(path, { headers, body: event("e-2") });
    expect([answer.status, await answer.text(), said]).toEqual([503, "", []]);
  },
);

it.each([
  ["PUT", "/orders", 405],
  ["POST", "/bills", 503],
])("%s %s with a large body: %i while it is still sent", async (method, path, status) => {
  const outgoing = request(`${url}${path}`, { method, headers: { "content-length": 31_000_000 } });
  outgoing.write("x");
  const [answer] = await once(outgoing, "response");
  expect([answer.statusCode, answer.headers.connection, await text(answer)]).toEqual([status, "close", ""]);
  outgoing.on("error", () => {}).destroy();
});

it.each(["/", "/orders", "/orders/", "/orders?x=%"])("%s is its topic, or none", async (path) => {
  const headers = { "content-type": "application/cloudevents+json" };
  expect((await post(path, { headers, body: event(`at ${path}`) })).status).toBe(204);
});
