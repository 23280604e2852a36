import { once } from "node:events";
import { request } from "node:http";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { ask, startEdge, TOKEN } from "./test-edge.ts";

const MIB = 1024 * 1024;
const KIB = 1024;
const PROBLEM = "application/problem+json; charset=utf-8";
const LONG = `Content-Length: ${31 * MIB}`;
const CHUNKED = "Transfer-Encoding: chunked";
const methods = ["PUT", "PATCH", "DELETE", "OPTIONS", "GET"];

const refused: readonly (readonly [line: string, status: number])[] = [
  ...methods.map((method) => [`${method} /orders`, 405] as const),
  ...["POST", ...methods.slice(0, 4)].map((method) => [`${method} /orders/o-1`, 405] as const),
  ["GET /orders/o-1", 413],
  ["GET /healthz", 413],
  ["GET /readyz", 413],
  ["POST /nothing", 404],
  ["PUT /", 404],
  ["GET /nothing", 404],
  ["TRACE /orders", 404],
  ["PROPFIND /orders/o-1", 404],
  ["POST /%zz", 400],
  ["PUT /orders/%c3%28", 400],
  ["PUT /orders/%", 400],
  [`PUT /orders/${"x".repeat(10_000)}`, 414],
];

it.each(refused)("answers %s %i with none of its 31 MiB read, and closes", async (line, status) => {
  for (const length of [LONG, CHUNKED]) {
    const { open } = await startEdge({ limits: { lingerMs: 100 } });
    const { headers, body, ...answer } = await ask(
      await open(),
      [`${line} HTTP/1.1`, "Host: app", length],
      "1\r\nx\r\n",
    );
    expect(answer.status).toBe(status);
    expect(headers).toMatchObject({ "content-type": PROBLEM, connection: "close" });
    expect(JSON.parse(body)).toEqual({ type: "about:blank", status, detail: expect.any(String) });
  }
});

it("answers whoever shows no token with 401 and reads nothing", async () => {
  const { openEvents } = await startEdge({ limits: { lingerMs: 100 } });
  const { status, headers } = await ask(await openEvents(), ["POST /bills HTTP/1.1", "Host: app", LONG]);
  expect([status, headers.connection]).toEqual([401, "close"]);
});

it.each([
  ["says that it is longer than an order", `Content-Length: ${256 * KIB + 1}`, ""],
  ["is longer than it may be", CHUNKED, `${(256 * KIB + 1).toString(16)}\r\n${"x".repeat(256 * KIB + 1)}\r\n`],
  ["comes in pieces of a byte", CHUNKED, "1\r\nx\r\n".repeat(5_000)],
])("answers 413 to a body that %s, before its end", async (_what, length, sent) => {
  const { open, said } = await startEdge({ limits: { lingerMs: 100 } });
  const lines = ["POST /orders HTTP/1.1", "Host: app", "Content-Type: application/json", length];
  const { status, headers, body } = await ask(await open(), lines, sent);
  expect([status, headers.connection, headers["content-type"]]).toEqual([413, "close", PROBLEM]);
  expect(JSON.parse(body).detail).toMatch(/^body: must (have at most 262144 bytes|come in at most 4096 pieces)$/);
  expect(said).toEqual([]);
});

it("takes a body that is as long as it may be, of unknown length and in many pieces", async () => {
  const { port } = await startEdge();
  const item = { sku: "mug", quantity: 1, unitPrice: 100 };
  const order = { customer: { name: "Ada", email: "ada@example.com" }, items: [item], currency: "EUR" };
  const bytes = Buffer.from(JSON.stringify(order).padEnd(256 * KIB, " "));
  const pieces = Array.from({ length: 256 }, (_, n) => bytes.subarray(n * KIB, (n + 1) * KIB));
  const outgoing = request({ port, host: "127.0.0.1", method: "POST", path: "/orders" });
  outgoing.setHeader("content-type", "application/json");
  Readable.from(pieces).pipe(outgoing);
  const [answer] = await once(outgoing, "response");
  expect([answer.statusCode, JSON.parse(await text(answer)).total]).toEqual([202, { amount: 100, currency: "EUR" }]);
});

it("keeps the connection where a refused body is short, and where one was taken", async () => {
  const { open } = await startEdge();
  const toRequest = (line: string, bytes: number) =>
    `${line} HTTP/1.1\r\nHost: app\r\nContent-Length: ${bytes}\r\n\r\n${"x".repeat(bytes)}`;
  const socket = await open();
  const statuses: string[] = [];
  for (const [line, bytes] of [
    ["PUT /orders", KIB],
    ["POST /orders", KIB],
    ["POST /nothing", 60 * KIB],
    ["POST /orders", 200 * KIB],
    ["POST /orders", 0],
  ] as const) {
    socket.write(toRequest(line, bytes));
    const [answer] = await once(socket, "data");
    statuses.push(String(answer).split(" ")[1] ?? "");
  }
  expect(statuses).toEqual(["405", "415", "404", "415", "202"]);
});

it("holds the connection of a client that is still sending, so that it can read the answer: of 64 at once", async () => {
  const { open } = await startEdge({ limits: { lingerMs: 60_000 } });
  const lines = ["PUT /orders HTTP/1.1", "Host: app", LONG, "", ""].join("\r\n");
  const held = await Promise.all(Array.from({ length: 64 }, open));
  for (const socket of held) {
    socket.write(lines);
    await once(socket, "data");
  }
  const { status } = await ask(await open(), lines.split("\r\n").slice(0, 3));
  expect(status).toBe(405);
  expect(held.every(({ closed }) => !closed)).toBe(true);
  for (const socket of held) socket.destroy();
});

it("waits no longer for whoever sends what is refused in pieces of a byte", async () => {
  const { open } = await startEdge({ limits: { lingerMs: 60_000 } });
  const crumbs = "1\r\nx\r\n".repeat(2_000);
  const { status } = await ask(await open(), ["PUT /orders HTTP/1.1", "Host: app", CHUNKED], crumbs);
  expect(status).toBe(405);
});

it.each([
  ["POST /nothing", 503],
  ["POST /%zz", 503],
])("tells a holder of the token that %s is to come again", async (line, status) => {
  const { open } = await startEdge({ limits: { lingerMs: 100 } });
  const answer = await ask(await open(), [`${line} HTTP/1.1`, "Host: app", `dapr-api-token: ${TOKEN}`, LONG]);
  expect([answer.status, answer.body]).toEqual([status, '{"status":"RETRY"}']);
});
