import { once } from "node:events";
import { request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { broken, served, settings } from "../core/edge/test-orders.ts";
import { createMemoryLedger } from "../core/ledger/memory-ledger.ts";
import type { Said } from "../core/relay/publish.ts";
import { registerEdges } from "./edge.ts";
import { readBody } from "./edge-body.ts";

const PROBLEM = "application/problem+json; charset=utf-8";
const JSON_TYPE = { "content-type": "application/json" };
const ORDER = {
  customer: { name: "Ada", email: "ada@example.com" },
  items: [{ sku: "mug", quantity: 2, unitPrice: 100 }],
  currency: "EUR",
};
const MOST = 256 * 1024;
let said: Said[] = [];
const publish = async (events: readonly Said[]) => void said.push(...events);
registerEdges("edge", [served, broken], {
  settings,
  principalHeader: "x-user",
  ports: { ledger: createMemoryLedger(), publish, isRelayed: true, now: Date.now, deadlineMs: 5_000, leaseMs: 10_000 },
});
const server = getTestServer("edge");
let port = 0;

beforeAll(async () => {
  await once(server.listen(0, "127.0.0.1"), "listening");
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  said = [];
});

interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Not by fetch, which changes paths and knows few methods. */
async function ask(method: string, path: string, { headers = {}, body }: Asked = {}) {
  const outgoing = request({ host: "127.0.0.1", port, method, path, headers });
  outgoing.end(body);
  const [answer] = await once(outgoing, "response");
  const { "content-type": type, location, allow, connection } = answer.headers;
  return { status: answer.statusCode, type, location, allow, connection, text: await text(answer) };
}

it.each(["/orders", "/orders/", "/orders?a=%", "http://orders.example/orders/"])(
  "POST %s places an order and shows it",
  async (path) => {
    const { status, location } = await ask("POST", path);
    expect([status, said.map(({ topic }) => topic)]).toEqual([202, ["orders"]]);
    const shown = [await ask("GET", location), await ask("GET", `${location}/?x`)].map(
      (one) => JSON.parse(one.text).status,
    );
    expect(shown).toEqual(["created", "created"]);
  },
);

it("takes as much as an order may have, and keeps the connection", async () => {
  const body = JSON.stringify("x".repeat(MOST - 2));
  expect(await ask("POST", "/orders", { headers: JSON_TYPE, body })).toMatchObject({
    status: 422,
    connection: "keep-alive",
  });
});

const LONG = `/${"x".repeat(12_000)}`;
it.each([
  ["GET", "/orders", 405, "POST"],
  ["PUT", "/orders/", 405, "POST"],
  ["OPTIONS", "/orders", 405, "POST"],
  ["PROPFIND", "/orders", 405, "POST"],
  ["M-SEARCH", "/orders", 405, "POST"],
  ["DELETE", "/orders/o-1", 405, "GET, HEAD"],
  ["POST", "/orders/%", 405, "GET, HEAD"],
  ["GET", "/orders/o-1", 404, undefined],
  ["GET", "/orders/%", 404, undefined],
  ["GET", "/orders/%E0%A4%A", 404, undefined],
  ["GET", "/orders/%00", 404, undefined],
  ["GET", "/orders/a%2Fb", 404, undefined],
  ["GET", `/orders${LONG}`, 404, undefined],
  ["GET", "/%", 404, undefined],
  ["POST", "/%c0%af%", 404, undefined],
  ["GET", "/favicon.ico", 404, undefined],
  ["GET", "/robots.txt", 404, undefined],
  ["GET", LONG, 404, undefined],
  ["OPTIONS", "*", 404, undefined],
  ["POST", "/", 404, undefined],
  ["POST", "/wp-login.php", 404, undefined],
  ["POST", "/orders/o-1/x", 404, undefined],
])("%s %s: %i as a problem, and nothing of what the framework would say", async (method, path, status, allow) => {
  const { text: body, ...answer } = await ask(method, path);
  expect(answer).toMatchObject({ status, type: PROBLEM, allow });
  expect(JSON.parse(body)).toEqual({ type: "about:blank", status, detail: expect.any(String) });
  expect(said).toEqual([]);
});

it("answers its probe, and HEAD without a body", async () => {
  expect(await ask("GET", "/")).toMatchObject({ status: 200, text: "ok" });
  expect(await ask("HEAD", "/orders/o-1")).toMatchObject({ status: 404, text: "" });
});

it.each([
  ["an event: it must wait and be seen", { "content-type": "application/cloudevents+json" }, "{}", 503],
  ["no JSON", JSON_TYPE, "{", 400],
])("refuses %s", async (_what, headers, body, status) => {
  expect(await ask("POST", "/orders", { headers, body })).toMatchObject({ status, type: PROBLEM });
  expect(said).toEqual([]);
});

/** out: what was answered to whoever sends no more than this */
async function begin(head: string, body = ""): Promise<{ readonly socket: Socket; readonly answer: Promise<string> }> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.write(`${head}\r\nhost: h\r\ncontent-type: application/json\r\n`);
  socket.write(`\r\n${body}`);
  const answer = new Promise<string>((resolve) => {
    let heard = "";
    socket.on("data", (piece) => {
      heard += piece;
      if (/\r\n\r\n.*\}$/s.test(heard)) resolve(heard);
    });
  });
  return { socket, answer };
}

const LARGE = `content-length: ${31_000_000}`;
const CHUNK = `${(MOST + 1).toString(16)}\r\n${"x".repeat(MOST + 1)}`;
it.each([
  ["POST /orders HTTP/1.1", LARGE, "", 413],
  ["POST /orders HTTP/1.1", `content-length: ${MOST + 1}`, "x", 413],
  ["POST /orders HTTP/1.1", "transfer-encoding: chunked", CHUNK, 413],
  ["PUT /orders HTTP/1.1", LARGE, "x", 405],
  ["PATCH /orders/o-1 HTTP/1.1", "transfer-encoding: chunked", "1\r\nx\r\n", 405],
  ["GET /orders/o-1 HTTP/1.1", LARGE, "", 404],
  ["POST /bills HTTP/1.1", LARGE, "x", 404],
  ["GET /% HTTP/1.1", "transfer-encoding: chunked", "", 404],
])("%s with %s is answered while it is still sent, and its connection ends", async (line, length, body, status) => {
  const { answer } = await begin(`${line}\r\n${length}`, body);
  const heard = await answer;
  expect(heard).toContain(`HTTP/1.1 ${status} `);
  expect(heard.toLowerCase()).toContain("\r\nconnection: close\r\n");
});

it("reads no more of what it has refused, however long whoever sends goes on", async () => {
  const theirs = once(server, "connection");
  const { socket, answer } = await begin(`PUT /orders HTTP/1.1\r\n${LARGE}`);
  await answer;
  // A reset, at the end.
  socket.on("error", () => {});
  socket.write(Buffer.alloc(30_000_000, "x"));
  await new Promise((resolve) => socket.once("close", resolve));
  const [{ bytesRead }] = await theirs;
  expect(bytesRead).toBeLessThan(1_000_000);
});

const SECOND = 1_000;
it.each([
  ["longer than it may be", { maxBytes: 3, ms: 60 * SECOND }, "long"],
  ["as long as it may be, and slow", { maxBytes: 4, ms: 1 }, "slow"],
  ["of a length that is too much", { maxBytes: 3, ms: 60 * SECOND, length: "4" }, "long"],
])("what is %s is read no further", async (_what, options, outcome) => {
  const stream = new PassThrough();
  stream.write("abcd");
  expect(await readBody(stream, options)).toBe(outcome);
  expect([stream.readableFlowing ?? false, stream.listenerCount("data")]).toEqual([false, 0]);
});

it("a body that is cut off is no matter for the log", async () => {
  const stream = new PassThrough();
  const body = readBody(stream, { maxBytes: 4, ms: 60 * SECOND });
  stream.write("ab");
  stream.destroy(new Error("aborted"));
  expect(await body).toBe("cut");
});

it("a body in pieces of a byte is read no further than it has to be, for each is held", async () => {
  const stream = new PassThrough();
  const body = readBody(stream, { maxBytes: MOST, ms: 60 * SECOND });
  for (let n = 0; n < 5_000; n++) stream.write("x");
  expect(await body).toBe("pieces");
});

it("a key belongs to who asks, as the header says in which whatever stands before it tells", async () => {
  const placeAs = async (user: string) => {
    const headers = { "idempotency-key": "k-user", "x-user": user };
    return (await ask("POST", "/orders", { headers })).location;
  };
  const [ada, bob] = [await placeAs("ada"), await placeAs("bob")];
  expect(ada).not.toBe(bob);
  expect(await placeAs("ada")).toBe(ada);
});

it("logs what code is at fault for, and answers that nothing is promised; an edge whose path begins with another's is its own", async () => {
  const written = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  onTestFinished(() => written.mockRestore());
  const answer = await ask("PUT", "/orders-late", { headers: JSON_TYPE, body: JSON.stringify(ORDER) });
  expect([answer.status, answer.text]).toEqual([503, expect.not.stringContaining("late")]);
  const stack_trace = expect.stringMatching(
    /^TypeError: orders cannot be late\n {4}at .*adapters\/core\/edge\/test-orders\.ts:\d+:\d+/,
  );
  expect(written.mock.calls.map(([line]) => JSON.parse(String(line)))).toEqual([
    { severity: "ERROR", message: "TypeError: orders cannot be late", stack_trace },
  ]);
  expect((await ask("PUT", "/orders")).allow).toBe("POST");
  expect((await ask("POST", "/orders-late")).allow).toBe("PUT");
  expect(said).toEqual([]);
});
