import { createHash } from "node:crypto";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { OrderCreated } from "../../functions/events/index.ts";
import { order } from "../../functions/order/handler.ts";
import { createDummyEffects } from "../core/effects.ts";
import type { Said } from "../core/publish.ts";
import { createDaprApp } from "./app.ts";
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
  const app = createDaprApp(createBilling(createDummyEffects()), { ports, ...options });
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

const bytes = Buffer.alloc(3_600_000, 7);
const large: readonly (readonly [string, Buffer, string])[] = [
  [
    "3,600,000 bytes in base64, as a sidecar makes of application/octet-stream",
    Buffer.from(JSON.stringify({ ...ATTRIBUTES, id: "e-1", data_base64: bytes.toString("base64") })),
    EVENT,
  ],
  [
    "1,500,000 characters < as a sidecar escapes them",
    Buffer.from(JSON.stringify(event("e-1", { note: "<".repeat(1_500_000) })).replaceAll("<", "\\u003c")),
    EVENT,
  ],
  ["one byte more than is held", Buffer.alloc(4 * MIB + 1, "x"), EVENT],
  ["a batch of 5 MiB", Buffer.alloc(5 * MIB, "[1,"), "application/cloudevents-batch+json"],
  ["5 MiB of what says nothing about itself", Buffer.alloc(5 * MIB, "x"), "nonsense"],
  ["40 MiB of JSON", Buffer.from(JSON.stringify(event("e-1", { note: "x".repeat(40 * MIB) }))), "application/json"],
];

it.each(large)("%s: a letter with its length, hash and beginning, and never again", async (_what, body, type) => {
  const { post, said } = await start();
  expect(await post(body, type)).toEqual([200, SUCCESS]);
  expect(await post(chunked(body), type)).toEqual([200, SUCCESS]);
  const [letter, again] = lettersIn(said);
  expect(letter).toMatchObject({
    deadcode: "size",
    deadreason: `body: must have at most ${256 * 1024} bytes, got ${body.byteLength}`,
    deadtopic: "orders",
    deadlength: String(body.byteLength),
    deadsha256: sha256(body),
  });
  expect(letter.data_base64 === body.subarray(0, KEPT).toString("base64")).toBe(true);
  expect(again.id).toBe(letter.id);
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
  const app = createDaprApp(order, { ports, withOrders: true, token: TOKEN });
  onTestFinished(() => app.close());
  const headers = { "content-type": "application/json", "dapr-api-token": TOKEN };
  const statusOf = async (url: string, bytes: number) =>
    (await app.inject({ method: "POST", url, headers, payload: Buffer.alloc(bytes, " ") })).statusCode;
  expect(await statusOf("/orders", 256 * 1024 + 1)).toBe(413);
  expect(await statusOf("/nothing", 5 * MIB)).toBe(503);
  expect(said).toEqual([]);
  expect(await statusOf("/bills", 40 * MIB)).toBe(200);
  expect(lettersIn(said)).toMatchObject([{ deadcode: "size", deadtopic: "bills" }]);
});

it("a letter of what is too large is stored before it is acknowledged", async () => {
  const publish = async () => Promise.reject(new Error("no broker"));
  const { post } = await start({ ports: { publish } });
  expect(await post(Buffer.alloc(5 * MIB))).toEqual([503, { status: "RETRY" }]);
});
