import { createHash } from "node:crypto";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { OrderCreated } from "../../functions/events/index.ts";
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
