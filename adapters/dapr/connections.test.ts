import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it, vi } from "vitest";
import { LIMITS } from "./limits.ts";
import { ask, parseAnswer, startEdge } from "./test-edge.ts";

const POST = ["POST /orders HTTP/1.1", "Host: app", "Content-Type: application/json"];
const HEALTH = ["GET /healthz HTTP/1.1", "Host: app"];
const PROBE = [...HEALTH, "Connection: close"];
const PROBLEM = /^application\/problem\+json/;

it("ships with limits that are fit for a pod", async () => {
  expect(LIMITS).toEqual({
    headMs: 5_000,
    requestMs: 30_000,
    bodyMs: 5_000,
    checkMs: 1_000,
    idleMs: 72_000,
    mostConnections: 512,
    lingerMs: 2_000,
    lastCallMs: 1_000,
  });
  const { app } = await startEdge();
  const { headersTimeout, requestTimeout, keepAliveTimeout } = app.server;
  expect([headersTimeout, requestTimeout, keepAliveTimeout]).toEqual([LIMITS.headMs, LIMITS.requestMs, 0]);
});

it.each([
  ["a connection that says nothing", ""],
  ["half a request line", "POST /orders HTT"],
  ["a head that comes to no end", `POST /orders HTTP/1.1\r\nHost: app\r\nX: ${"y".repeat(10_000)}`],
])("closes %s after headMs, with 408", async (_what, sent) => {
  const { open } = await startEdge({ limits: { headMs: 200, checkMs: 50 }, isElsewhere: true });
  const socket = await open();
  socket.write(sent);
  const { status, headers } = parseAnswer(await text(socket));
  expect([status, headers["content-type"]]).toEqual([408, expect.stringMatching(PROBLEM)]);
});

it.each<readonly [string, string, string]>([
  ["of a known length", "Content-Length: 20", "half"],
  ["of an unknown length", "Transfer-Encoding: chunked", "4\r\nhalf\r\n"],
])("closes half a body %s after bodyMs, with 408", async (_what, length, half) => {
  const { open } = await startEdge({ limits: { bodyMs: 200, lingerMs: 100 } });
  const { status, headers } = await ask(await open(), [...POST, length], half);
  expect([status, headers["content-type"]]).toEqual([408, expect.stringMatching(PROBLEM)]);
});

it("closes half a delivery after requestMs", async () => {
  const { openEvents, said } = await startEdge({ limits: { requestMs: 200, headMs: 100, checkMs: 50 } });
  const lines = [
    "POST /bills HTTP/1.1",
    "Host: app",
    "dapr-api-token: a-secret-that-nobody-knows",
    "Content-Length: 9",
  ];
  expect((await ask(await openEvents(), lines, "{")).status).toBe(408);
  expect(said).toEqual([]);
});

/** Resolves when each of them has been told something, so that its request has been read. */
const answered = (sockets: readonly Socket[]) => Promise.all(sockets.map((socket) => once(socket, "data")));

it("makes room for whoever has something to say, a probe first of all: the oldest that never asked goes", async () => {
  const { open } = await startEdge({ limits: { mostConnections: 4 }, isElsewhere: true });
  const kept = await open();
  kept.write(`${HEALTH.join("\r\n")}\r\n\r\n`);
  await answered([kept]);
  const silent = [await open(), await open(), await open()];
  const gone = silent.map((socket) => once(socket.resume(), "close"));
  for (const [n] of silent.entries()) {
    expect((await ask(await open(), PROBE)).status).toBe(200);
    // A probe that has been answered gives its place back: hold one more each time.
    await open();
    await gone[n];
  }
  expect(kept.closed).toBe(false);
});

it("then the oldest that is idle goes, and never one that is at work", async () => {
  const release = Promise.withResolvers<void>();
  const { open, app } = await startEdge({
    limits: { mostConnections: 2 },
    isElsewhere: true,
    ports: { publish: () => release.promise },
  });
  const busy = await open();
  const asked = once(app.server, "request");
  busy.write("POST /orders HTTP/1.1\r\nHost: app\r\nContent-Length: 0\r\n\r\n");
  await asked;
  const idle = await open();
  idle.write(`${HEALTH.join("\r\n")}\r\n\r\n`);
  await answered([idle]);
  const closed = once(idle.resume(), "close");
  expect((await ask(await open(), PROBE)).status).toBe(200);
  await closed;
  release.resolve();
  const [answer] = await once(busy, "data");
  expect(String(answer)).toMatch(/^HTTP\/1.1 202 /);
});

it("counts none from loopback, where the sidecar is", async () => {
  const { open } = await startEdge({ limits: { mostConnections: 1, headMs: 60_000 } });
  const silent = await Promise.all(Array.from({ length: 8 }, open));
  expect((await ask(await open(), PROBE)).status).toBe(200);
  expect(silent.every(({ closed, readyState }) => !closed && readyState === "open")).toBe(true);
});

it("closes what is idle from elsewhere after idleMs, and nothing that is at work or the sidecar's", async () => {
  const release = Promise.withResolvers<void>();
  const limits = { idleMs: 100 };
  const ports = { publish: () => release.promise };
  const elsewhere = await startEdge({ limits, ports, isElsewhere: true });
  const sidecar = await (await startEdge({ limits })).open();
  const [idle, busy] = [await elsewhere.open(), await elsewhere.open()];
  for (const socket of [idle, sidecar]) {
    socket.write(`${HEALTH.join("\r\n")}\r\n\r\n`);
    await answered([socket]);
  }
  busy.write("POST /orders HTTP/1.1\r\nHost: app\r\nContent-Length: 0\r\n\r\n");
  await once(idle.resume(), "close");
  const again = await elsewhere.open();
  await once(again.resume(), "close");
  expect([busy.readyState, sidecar.readyState]).toEqual(["open", "open"]);
  release.resolve();
  const [answer] = await once(busy, "data");
  expect(String(answer)).toMatch(/^HTTP\/1.1 202 /);
});

it("keeps what a sidecar opened and has not needed yet, and gives the first request on it its time", async () => {
  const { open, app } = await startEdge({ limits: { headMs: 200, checkMs: 50 } });
  const late = once(app.server, "clientError");
  const spare = await open();
  await late;
  expect((await ask(spare, PROBE)).status).toBe(200);
  const half = await open();
  half.write("POST /orders HTT");
  expect(parseAnswer(await text(half)).status).toBe(408);
});

it("takes no connection for idle whose first request is at work behind one that is done", async () => {
  const release = Promise.withResolvers<void>();
  const { open, app } = await startEdge({
    limits: { mostConnections: 1, idleMs: 100 },
    isElsewhere: true,
    ports: { publish: () => release.promise },
  });
  const busy = await open();
  const responses: ServerResponse[] = [];
  app.server.on("request", (_request, response) => responses.push(response));
  busy.write(`POST /orders HTTP/1.1\r\nHost: app\r\nContent-Length: 0\r\n\r\n${HEALTH.join("\r\n")}\r\n\r\n`);
  await vi.waitFor(() => expect(responses.map(({ writableEnded }) => writableEnded)).toEqual([false, true]));
  expect((await ask(await open(), PROBE)).status).toBe(200);
  const idle = await open();
  await once(idle.resume(), "close");
  release.resolve();
  const [answer] = await once(busy, "data");
  expect(String(answer)).toMatch(/^HTTP\/1.1 202 /);
});

it("takes long heads from loopback, where the sidecar is, and from elsewhere as many bytes as Node's own limit", async () => {
  const long = [...PROBE, `X: ${"y".repeat(20_000)}`];
  const many = [...PROBE, ...Array.from({ length: 9_000 }, () => "a: b")];
  const [near, far] = [await startEdge(), await startEdge({ isElsewhere: true })];
  for (const [lines, from, status] of [
    [long, near, 200],
    [many, near, 200],
    [long, far, 431],
    [many, far, 431],
    [PROBE, far, 200],
    [long, near, 200],
  ] as const)
    expect((await ask(await from.open(), lines)).status).toBe(status);
});
