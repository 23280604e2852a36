import { createHash } from "node:crypto";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { OrderCreated } from "../../functions/events/index.ts";
import { served, settings } from "../core/edge/test-orders.ts";
import type { Said } from "../core/relay/publish.ts";
import { createEffects } from "../effects/index.ts";
import { createDaprApp } from "./app.ts";
import { createEdgeApp } from "./edge.ts";
import { createTestPorts } from "./test-ports.ts";

const MIB = 1024 * 1024;
const KEPT = 64 * 1024;
const TOKEN = "a-secret-that-nobody-knows";
const EVENT = "application/cloudevents+json";
const ATTRIBUTES = { specversion: "1.0", source: "/shop/test", type: OrderCreated.type };
const SUCCESS = { status: "SUCCESS" };

const event = (id: string, data: object = OrderCreated.sample) => ({ ...ATTRIBUTES, id, data });
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

type Options = Partial<Parameters<typeof createDaprApp>[1]>;

async function start({ ports: others, ...options }: Omit<Options, "ports"> & { readonly ports?: object } = {}) {
  const { ports, said } = createTestPorts(others);
  const app = createDaprApp(createBilling(createEffects({})), { ports, limits: { lastCallMs: 0 }, ...options });
  onTestFinished(() => app.close());
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const post = async (body: string | Uint8Array | ReadableStream, contentType = EVENT) => {
    const headers = { "content-type": contentType, "dapr-api-token": TOKEN };
    const answer = await fetch(`http://127.0.0.1:${port}/orders`, { method: "POST", headers, body, duplex: "half" });
    return [answer.status, await answer.json()];
  };
  return { port, post, said };
}

const lettersIn = (said: readonly Said[]) =>
  said.filter(({ topic }) => topic === "dead-letters").map(({ body }) => JSON.parse(body));

/** The body in chunks, so that nothing says how long it is. */
const chunked = (body: Uint8Array) => new Blob([body]).stream();

const large: readonly (readonly [string, Buffer, string])[] = [
  [
    "1,500,000 characters < as a sidecar escapes them",
    Buffer.from(JSON.stringify(event("e-1", { note: "<".repeat(1_500_000) })).replaceAll("<", "\\u003c")),
    EVENT,
  ],
  ["one byte more than is held", Buffer.alloc(6 * MIB + 1, "x"), EVENT],
  ["a batch of 33 MiB", Buffer.alloc(33 * MIB, "[1,"), "application/cloudevents-batch+json"],
  ["7 MiB of what says nothing about itself", Buffer.alloc(7 * MIB, "x"), "nonsense"],
  ["40 MiB of JSON", Buffer.from(JSON.stringify(event("e-1", { note: "x".repeat(40 * MIB) }))), "application/json"],
];

it.each(large)("%s: a letter with its length, hash and beginning, and never again", async (_what, body, type) => {
  const { post, said } = await start();
  expect(await post(body, type)).toEqual([200, SUCCESS]);
  expect(await post(chunked(body), type)).toEqual([200, SUCCESS]);
  const [letter, again] = lettersIn(said);
  expect(letter).toMatchObject({
    deadcode: "size",
    deadreason: `body: must have at most ${3 * MIB} bytes, got ${body.byteLength}`,
    deadtopic: "orders",
    deadlength: String(body.byteLength),
    deadsha256: sha256(body),
  });
  expect(letter.data_base64 === body.subarray(0, KEPT).toString("base64")).toBe(true);
  expect(again.id).toBe(letter.id);
});

const sized = (bytes: number, data: object) => {
  const rest = JSON.stringify(event("e-1", { ...data, note: "" })).length;
  return JSON.stringify(event("e-1", { ...data, note: "x".repeat(bytes - rest) }));
};

it("an event of 3 MiB that dies is whole in its letter, which a sidecar takes; with one byte more it is not taken", async () => {
  const { post, said } = await start();
  const [whole, more] = [3 * MIB, 3 * MIB + 1].map((bytes) => sized(bytes, { no: "order" }));
  expect(await post(whole ?? "")).toEqual([200, SUCCESS]);
  expect(await post(more ?? "")).toEqual([200, SUCCESS]);
  const [letter, cut] = lettersIn(said);
  expect([letter.deadcode, letter.data]).toEqual(["schema", JSON.parse(whole ?? "").data]);
  expect(cut).toMatchObject({ deadcode: "size", deadlength: String(3 * MIB + 1) });
  for (const { body } of said) expect(Buffer.byteLength(body)).toBeLessThan(4 * MIB - 100_000);
});

it("takes as much as it is told to", async () => {
  const { post, said } = await start({ ports: { maxEventBytes: 1_000_000 } });
  for (const bytes of [1_000_000, 1_000_001]) await post(sized(bytes, { no: "order" }));
  expect(lettersIn(said).map(({ deadcode }) => deadcode)).toEqual(["schema", "size"]);
});

it("an event of 3 MiB in the base64 of a sidecar's envelope is taken", async () => {
  const { post, said } = await start();
  const data_base64 = Buffer.from(sized(3 * MIB, OrderCreated.sample)).toString("base64");
  const envelope = { specversion: "1.0", id: "x", source: "Dapr", type: "com.dapr.event.sent", data_base64 };
  expect(await post(JSON.stringify(envelope))).toEqual([200, SUCCESS]);
  expect(said.map(({ topic }) => topic)).toEqual(["bills"]);
});

it("of a batch of 4,100 events and 4.3 MiB each is handled, and one that is none is a letter of its own", async () => {
  const { post, said } = await start();
  const events: unknown[] = Array.from({ length: 4_100 }, (_, n) =>
    event(`e-${n}`, { ...OrderCreated.sample, orderId: `o-${n}`, note: "x".repeat(800) }),
  );
  events[2_000] = 17;
  const body = JSON.stringify(events);
  expect(body.length).toBeGreaterThan(4 * MIB);
  expect(await post(body, "application/cloudevents-batch+json")).toEqual([200, SUCCESS]);
  expect(said.filter(({ topic }) => topic === "bills")).toHaveLength(4_099);
  expect(lettersIn(said).map(({ deadcode, data_base64 }) => [deadcode, data_base64])).toEqual([["json", "MTc="]]);
});

it("a large batch is given up where nothing gets through, and comes again", async () => {
  let calls = 0;
  const publish = async () => {
    calls++;
    throw new Error("no broker");
  };
  const { post } = await start({ ports: { publish } });
  const events = Array.from({ length: 4_100 }, (_, n) =>
    event(`e-${n}`, { ...OrderCreated.sample, orderId: `o-${n}`, note: "x".repeat(800) }),
  );
  expect(await post(JSON.stringify(events), "application/cloudevents-batch+json")).toEqual([503, { status: "RETRY" }]);
  expect(calls).toBeLessThan(100);
});

const whole = JSON.stringify(event("e-1"));

it.each<[string, string, readonly string[]]>([
  ["shorter than it says", "Content-Length: 400", [whole.slice(0, 300)]],
  ["cut off between chunks", "Transfer-Encoding: chunked", ["5\r\nhello\r\n"]],
  ["broken between chunks", "Transfer-Encoding: chunked", ["5\r\nhello\r\n", "zz\r\n"]],
  ["large, and cut off", `Content-Length: ${100 * MIB}`, ["x".repeat(6 * MIB)]],
])("a body that is %s is nothing, and the next delivery is handled", async (_what, length, pieces) => {
  const { port, post, said } = await start({ token: TOKEN });
  const socket = connect(port, "127.0.0.1");
  const head = ["POST /orders HTTP/1.1", "Host: app", `Content-Type: ${EVENT}`, `Dapr-Api-Token: ${TOKEN}`, length];
  socket.write([...head, "", ""].join("\r\n"));
  for (const piece of pieces) socket.write(piece);
  socket.end();
  const answer = await text(socket);
  expect(answer).not.toContain(" 200 ");
  expect(said).toEqual([]);
  expect(await post(whole)).toEqual([200, SUCCESS]);
  expect(said.map(({ topic }) => topic)).toEqual(["bills"]);
});

it("keeps the small limit of the public edge, and of paths that nothing serves", async () => {
  const { ports, said } = createTestPorts();
  const app = createDaprApp(served.fn, { ports, token: TOKEN });
  const edge = createEdgeApp([served], { ports, settings, token: TOKEN });
  onTestFinished(() => Promise.all([app.close(), edge.close()]).then(() => {}));
  const headers = { "content-type": "application/json", "dapr-api-token": TOKEN };
  const statusOf = async (url: string, bytes: number, on = app) =>
    (await on.inject({ method: "POST", url, headers, payload: Buffer.alloc(bytes, " ") })).statusCode;
  expect(await statusOf("/orders", 256 * 1024 + 1, edge)).toBe(413);
  expect(await statusOf("/nothing", 5 * MIB, edge)).toBe(503);
  expect(await statusOf("/nothing", 5 * MIB)).toBe(503);
  expect(said).toEqual([]);
  expect(await statusOf("/bills", 40 * MIB)).toBe(200);
  expect(lettersIn(said)).toMatchObject([{ deadcode: "size", deadtopic: "bills" }]);
});

it("a letter of what is too large is stored before it is acknowledged", async () => {
  const publish = async () => Promise.reject(new Error("no broker"));
  const { post } = await start({ ports: { publish } });
  expect(await post(Buffer.alloc(7 * MIB))).toEqual([503, { status: "RETRY" }]);
});
