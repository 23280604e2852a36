import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { OrderCreated } from "../../functions/events/index.ts";
import { createMemoryLedger } from "../core/ledger/memory-ledger.ts";
import type { Said } from "../core/relay/publish.ts";
import { createEffects } from "../effects/index.ts";
import { registerFunctions } from "./receive.ts";

const MIB = 1024 * 1024;
const said: Said[] = [];
const publish = async (events: readonly Said[]) => void said.push(...events);
const ports = { ledger: createMemoryLedger(), publish, now: Date.now, deadlineMs: 5_000, leaseMs: 10_000 };
registerFunctions([createBilling(createEffects({}))], { ports });
const server = getTestServer("billing");
let port = 0;

beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => void said.splice(0));

type Headers = Readonly<Record<string, string>>;

async function post(headers: Headers, body: Iterable<Uint8Array>, to = port): Promise<unknown> {
  const outgoing = request({ host: "127.0.0.1", port: to, method: "POST", path: "/orders", headers });
  Readable.from(body).pipe(outgoing);
  const [answer] = await once(outgoing, "response");
  answer.resume();
  return answer.statusCode;
}

const lettersIn = () => said.filter(({ topic }) => topic === "dead-letters").map(({ body }) => JSON.parse(body));
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

const EVENT = { specversion: "1.0", id: "e-1", source: "/test", type: OrderCreated.type, data: OrderCreated.sample };
const EVENT_TYPE = "application/cloudevents+json";
const STRUCTURED = { "content-type": EVENT_TYPE };
const NO_WRAPPER = { ...STRUCTURED, "x-goog-pubsub-message-id": "1" };
const MOST = Buffer.from(JSON.stringify({ ...EVENT, data: "x".repeat(9_999_000) }));
const wrapped = (data: Buffer) =>
  Buffer.from(
    JSON.stringify({
      message: { attributes: STRUCTURED, data: data.toString("base64"), messageId: "1" },
      subscription: "projects/p/subscriptions/s",
    }),
  );
const EVENTARC = {
  "content-type": "application/json",
  "ce-specversion": "1.0",
  "ce-id": "1",
  "ce-source": "//pubsub.googleapis.com/projects/p/topics/orders",
  "ce-type": "google.cloud.pubsub.topic.v1.messagePublished",
};
const HUGE = Buffer.alloc(40 * MIB, "x");

/** What is sent, and what the letter is about: in a push, the message. */
const large: readonly (readonly [string, Headers, Buffer, Buffer])[] = [
  ["Pub/Sub's most, without wrapper", NO_WRAPPER, MOST, MOST],
  ["Pub/Sub's most, with wrapper", { "content-type": "application/json" }, wrapped(MOST), MOST],
  ["Pub/Sub's most, by Eventarc", EVENTARC, wrapped(MOST), MOST],
  ["more than Cloud Run lets through", STRUCTURED, HUGE, HUGE],
  ["as much without wrapper", NO_WRAPPER, HUGE, HUGE],
  ["as much in the form of an envelope", { "content-type": "application/json" }, HUGE, HUGE],
];

it.each(large)("%s: one letter with length and hash, and 204", async (_what, headers, body, original) => {
  expect(await post(headers, [body])).toBe(204);
  const [letter, ...more] = lettersIn();
  expect([letter, more]).toMatchObject([
    { deadcode: "size", deadtopic: "orders", deadlength: String(original.byteLength), deadsha256: sha256(original) },
    [],
  ]);
});

const whole = Buffer.from(JSON.stringify(EVENT));

it.each<[string, Headers]>([
  ["content-encoding, which the framework undoes", { "content-encoding": "gzip" }],
  ["content-encoding, which nobody knows", { "content-encoding": "rot13" }],
  ["expect", { expect: "the-worst" }],
  ["a charset that nobody knows", { charset: "x-none" }],
])("an attribute that is a header of HTTP does not stop its event: %s", async (_what, attribute) => {
  expect(await post({ ...NO_WRAPPER, ...attribute }, [whole])).toBe(204);
  expect(lettersIn()).toEqual([]);
});

it("undoes no encoding: what says that it is packed is judged as it comes", async () => {
  expect(await post({ ...STRUCTURED, "content-encoding": "gzip" }, [gzipSync(Buffer.alloc(MIB))])).toBe(204);
  expect(lettersIn()).toMatchObject([{ deadcode: "utf8" }]);
});

it.each([
  ["shorter than it says", `content-length: ${whole.byteLength + 1}`, whole.toString()],
  ["cut off between chunks", "transfer-encoding: chunked", `5\r\n${whole.subarray(0, 5)}\r\n`],
])("a body that is %s is nothing, and the next delivery is handled", async (_what, length, body) => {
  const socket = connect(port, "127.0.0.1");
  socket.end(`POST /orders HTTP/1.1\r\nhost: h\r\ncontent-type: ${EVENT_TYPE}\r\n${length}\r\n\r\n${body}`);
  expect(await text(socket)).not.toContain(" 204 ");
  expect(said).toEqual([]);
  expect(await post(STRUCTURED, [Buffer.from(JSON.stringify({ ...EVENT, id: length }))])).toBe(204);
  expect(said.map(({ topic }) => topic)).toEqual(["bills"]);
});

const urlOf = (path: string) => JSON.stringify(pathToFileURL(`${import.meta.dirname}/${path}`).href);

/** A function that says where it listens, and when asked, what it has held at most. */
const SOURCE = `
import { readFileSync } from "node:fs";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { registerFunctions } from ${urlOf("receive.ts")};
import { createBilling } from ${urlOf("../../functions/billing/handler.ts")};
import { createEffects } from ${urlOf("../effects/index.ts")};
import { createMemoryLedger } from ${urlOf("../core/ledger/memory-ledger.ts")};
const ports = { ledger: createMemoryLedger(), publish: async () => {}, now: Date.now, deadlineMs: 10_000, leaseMs: 15_000 };
registerFunctions([createBilling(createEffects({}))], { ports });
const server = getTestServer("billing").listen(0, "127.0.0.1", () => process.send(server.address().port));
process.on("message", () => process.send(Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1])));
`;

it("stays under 200 MiB with four bodies of 100 MiB at once", { timeout: 60_000 }, async () => {
  const child = spawn(process.execPath, ["--input-type=module", "-e", SOURCE], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [to] = await once(child, "message");
  const pieces = () => Array<Buffer>(100).fill(HUGE.subarray(0, MIB));
  const answers = await Promise.all(Array.from({ length: 4 }, () => post(STRUCTURED, pieces(), to as number)));
  expect(answers).toEqual([204, 204, 204, 204]);
  child.send("how much");
  const [mostKib] = await once(child, "message");
  expect(Number(mostKib) / 1024).toBeLessThan(200);
});
