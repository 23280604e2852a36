import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { createBilling } from "../../functions/billing/handler.ts";
import { OrderCreated } from "../../functions/events/index.ts";
import { served, settings } from "../core/edge/test-orders.ts";
import { createEffects } from "../effects/index.ts";
import { createDaprApp } from "./app.ts";
import { createEdgeApp } from "./edge.ts";
import { createTestPorts } from "./test-ports.ts";

const KIB = 1024;
const TOKEN = "a-secret-that-nobody-knows";
const SHOWN = `Dapr-Api-Token: ${TOKEN}`;
const BODY = JSON.stringify({
  specversion: "1.0",
  id: "e-1",
  source: "/shop/test",
  type: OrderCreated.type,
  data: OrderCreated.sample,
});

interface Options {
  readonly token?: string;
  readonly isDown?: boolean;
  readonly isEdge?: boolean;
}

async function start({ token, isDown = false, isEdge = false }: Options = { token: TOKEN }) {
  const { ports, said } = createTestPorts();
  const publish = async () => Promise.reject(new Error("no broker"));
  const options = { ports: isDown ? { ...ports, publish } : ports, token };
  const app = isEdge
    ? createEdgeApp([served], { ...options, settings })
    : createDaprApp(createBilling(createEffects({})), options);
  onTestFinished(() => app.close());
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  /** As a sidecar sends it, each delivery on a connection of its own. out: the status and what it says */
  const post = async (lines: readonly string[], { path = "/orders", body = BODY } = {}) => {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const head = [`POST ${path} HTTP/1.1`, "Host: app", ...lines, `Content-Length: ${Buffer.byteLength(body)}`];
    socket.write(`${head.join("\r\n")}\r\n\r\n`, "latin1");
    // Left open, as sidecars leave theirs: whoever ends it may get no answer.
    socket.write(body);
    const [said = "", answer = ""] = (await text(socket)).split("\r\n\r\n");
    return [Number(said.split(" ")[1]), JSON.parse(answer)];
  };
  const letters = () => said.filter(({ topic }) => topic === "dead-letters").map((each) => JSON.parse(each.body));
  return { post, letters, said };
}

const EVENT = "Content-Type: application/cloudevents+json";
const large = (bytes: number) => `Ce_note: ${"x".repeat(bytes)}`;
const HANDLED = [200, { status: "SUCCESS" }];
const again = (status: number) => [status, { status: "RETRY" }];

it.each([
  ["20 kB in one", [large(20_000)]],
  ["250 KiB in one", [large(250 * KIB)]],
  ["3,000 before the token", Array.from({ length: 3_000 }, (_, n) => `A-${n}: x`)],
  ["Expect, as Node does not know it", ["Expect: the-worst"]],
  ["Upgrade", ["Connection: Upgrade", "Upgrade: websocket"]],
  ["Accept-Version", ["Accept-Version: 9"]],
])("takes an event whose sidecar adds headers: %s", async (_what, lines) => {
  const { post, said } = await start();
  expect(await post([EVENT, ...lines, SHOWN, "Connection: close"])).toEqual(HANDLED);
  expect(said.map(({ topic }) => topic)).toEqual(["bills"]);
});

it.each([
  ["300 KiB, the token after them", [large(300 * KIB), SHOWN]],
  ["300 KiB, the token before them", [SHOWN, large(300 * KIB)]],
  ["1 MiB in many", [...Array.from({ length: 1_024 }, (_, n) => `N-${n}: ${"x".repeat(KIB)}`), SHOWN]],
  ["3 MiB in one, as escaping makes of Kafka's most", [large(3 * KIB * KIB), SHOWN]],
])("headers beyond the limit are a letter at the second delivery: %s", async (_what, lines) => {
  const { post, letters } = await start();
  expect(await post([EVENT, ...lines])).toEqual(again(431));
  expect(letters()).toEqual([]);
  expect(await post([EVENT, ...lines])).toEqual(HANDLED);
  const head = ["POST /orders HTTP/1.1", "Host: app", EVENT, ...lines, `Content-Length: ${BODY.length}`, "", ""]
    .join("\r\n")
    .replace(SHOWN, "Dapr-Api-Token: <secret>");
  const [{ data_base64: data, ...letter }] = letters();
  expect(letter).toMatchObject({
    deadcode: "size",
    deadtopic: "orders",
    deadlength: String(head.length),
    deadsha256: createHash("sha256").update(head).digest("hex"),
  });
  expect(Buffer.from(data, "base64").toString() === head.slice(0, 64 * KIB)).toBe(true);
});

it("comes twice as one letter, whatever a hop says of itself", async () => {
  const { post, letters } = await start();
  for (const n of [1, 2, 3]) {
    const trace = `Traceparent: 00-${String(n).repeat(32)}-${"1".repeat(16)}-01`;
    await post([EVENT, trace, `X-Request-Id: ${n}`, large(300 * KIB), SHOWN]);
  }
  await post([EVENT, "Tenant: other", large(300 * KIB), SHOWN]);
  const [one, again, other] = letters().map(({ id }) => id);
  expect([again === one, other === one]).toEqual([true, false]);
});

it("an event behind such a delivery is handled, and so is the next such delivery", async () => {
  const { post, letters, said } = await start();
  for (const status of [431, 200, 200]) expect((await post([large(300 * KIB), SHOWN]))[0]).toBe(status);
  expect(await post([EVENT, SHOWN, "Connection: close"])).toEqual(HANDLED);
  expect(said.at(-1)?.topic).toBe("bills");
  expect(new Set(letters().map(({ id }) => id)).size).toBe(1);
});

it.each([
  ["in a name", "No\u0001te: x"],
  ["in a value", "Note: a\u0001b"],
])("a malformed header is a letter at once: a control character %s", async (_where, line) => {
  const { post, letters } = await start();
  expect(await post([SHOWN, line])).toEqual(HANDLED);
  const [{ data_base64: data, ...letter }] = letters();
  expect(letter).toMatchObject({ deadcode: "headers", deadtopic: "orders" });
  const kept = Buffer.from(data, "base64").toString();
  expect([kept.includes(line), kept.includes(BODY), kept.includes(TOKEN)]).toEqual([true, true, false]);
});

it("a malformed header far behind the token is a letter at the second delivery", async () => {
  const { post, letters } = await start();
  const lines = [SHOWN, large(200 * KIB), "Note: a\u0001b"];
  const [first] = await post(lines);
  expect([200, 400]).toContain(first);
  expect(await post(lines)).toEqual(HANDLED);
  expect(new Set(letters().map(({ deadcode }) => deadcode))).toEqual(new Set(["headers"]));
});

it.each([
  ...["Authorization : Bearer 5ecret", "Proxy-Authorization: 5ecret", "x-api-key:5ecret", "Set-Cookie: a=5ecret"],
  ...["X-Goog-Iap-Jwt-Assertion: 5ecret", "X-Hub-Signature-256: 5ecret", "api_key: 5ecret", "My Password: 5ecret"],
])("keeps secrets out of letters, however they are written: %s", async (line) => {
  const { post, letters } = await start();
  expect(await post([SHOWN, line, "Note: a\u0001b"])).toEqual(HANDLED);
  const [{ data_base64: data }] = letters();
  const kept = Buffer.from(data, "base64").toString();
  expect([kept.includes("5ecret"), kept.includes(`${line.split(/ ?:/)[0]}: <secret>`)]).toEqual([false, true]);
});

const unproven: readonly (readonly [string, readonly string[], string])[] = [
  ["no token", [], "/orders"],
  ["another token", ["Dapr-Api-Token: another"], "/orders"],
  ["the token in another header", [`Authorization: ${TOKEN}`], "/orders"],
  ["a path that no topic has", [SHOWN], "/bills"],
  ["a path that only begins as a topic", [SHOWN], "/orders/o-1"],
];

it.each(unproven)("%s: no letter, however often it comes", async (_what, lines, path) => {
  const { post, letters } = await start();
  for (let n = 0; n < 3; n++) expect(await post([...lines, large(300 * KIB)], { path })).toEqual(again(431));
  expect(await post([...lines, "Note: a\u0001b"], { path })).toEqual(again(400));
  expect(letters()).toEqual([]);
});

it("needs no token where none is set", async () => {
  const { post, letters } = await start({});
  expect(await post(["Note: a\u0001b"])).toEqual(HANDLED);
  expect(letters()).toHaveLength(1);
});

it("comes again while the letter cannot be stored", async () => {
  const { post } = await start({ token: TOKEN, isDown: true });
  expect(await post([SHOWN, "Note: a\u0001b"])).toEqual(again(503));
});

it("lets nobody at the public edge make letters", async () => {
  const { post, letters } = await start({ token: TOKEN, isEdge: true });
  for (let n = 0; n < 2; n++) expect((await post([large(300 * KIB), SHOWN]))[0]).toBe(431);
  expect(letters()).toEqual([]);
});
