import { once } from "node:events";
import { expect, it } from "vitest";
import { createAdmission } from "./admission.ts";
import { ask, startEdge } from "./test-edge.ts";

const DEADLINE_MS = 10_000;

/** Works that end when told, on a clock that goes when told. */
function start() {
  let time = 0;
  const admission = createAdmission({ deadlineMs: DEADLINE_MS, now: () => time });
  const held: (() => void)[] = [];
  /** out: how many were let in of a crowd */
  const crowd = () => {
    const before = held.length;
    for (let n = 0; n < 1_000; n++) void admission.admit(() => new Promise<void>((resolve) => held.push(resolve)));
    return held.length - before;
  };
  const end = async (afterMs: number) => {
    time += afterMs;
    for (const release of held.splice(0)) release();
    await new Promise(setImmediate);
  };
  return { admission, crowd, end };
}

it("lets in more while it goes well, up to what can be held", async () => {
  const { crowd, end } = start();
  const sizes: number[] = [];
  for (let n = 0; n < 3; n++) {
    sizes.push(crowd());
    await end(DEADLINE_MS / 4);
  }
  expect(sizes).toEqual([64, 128, 128]);
});

it("lets in fewer where it is slow, but never none, and more again", async () => {
  const { admission, crowd, end } = start();
  crowd();
  await end(DEADLINE_MS / 4 + 1);
  expect(crowd()).toBe(4);
  expect(admission.isFull()).toBe(true);
  await end(1);
  expect(crowd()).toBe(8);
});

/** However slow each one is: one processor, one at a time. */
it.each([1, 10, 50, 100])("what is let in ends in time where each one takes %i ms of a processor", async (workMs) => {
  const { crowd, end } = start();
  const times: number[] = [];
  for (let n = 0; n < 20; n++) {
    const took = crowd() * workMs;
    times.push(took);
    await end(took);
  }
  expect(Math.max(...times)).toBeLessThan(DEADLINE_MS);
});

it("gives the place back of what fails, and says so", async () => {
  const { admission } = start();
  const failing = Array.from({ length: 200 }, () => admission.admit(() => Promise.reject(new Error("no"))));
  const ends = await Promise.allSettled(failing);
  expect(ends.filter(({ status }) => status === "rejected")).toHaveLength(64);
  expect(admission.isFull()).toBe(false);
});

it("answers customers beyond with 503, at once and when to ask again, and deliveries and probes as ever", async () => {
  const release = Promise.withResolvers<void>();
  let held = 0;
  const full = Promise.withResolvers<void>();
  const publish = async () => {
    if (++held === 64) full.resolve();
    await release.promise;
  };
  const { open, openEvents } = await startEdge({ ports: { publish } });
  const place = async (more: readonly string[] = []) =>
    ask(await open(), ["POST /orders HTTP/1.1", "Host: app", "Connection: close", ...more]);
  const admitted = Array.from({ length: 64 }, () => place(["Content-Length: 0"]));
  await full.promise;
  const closing = ["Host: app", "Connection: close"];
  const beyond = [
    await place(["Content-Length: 0"]),
    await place(["Content-Length: 31000000"]),
    await ask(await open(), ["GET /orders/o-1 HTTP/1.1", ...closing]),
  ];
  for (const { status, headers, body } of beyond) {
    expect([status, headers["retry-after"], headers["content-type"]?.split(";")[0]]).toEqual([
      503,
      "1",
      "application/problem+json",
    ]);
    expect(JSON.parse(body).detail).toContain("Idempotency-Key");
  }
  expect((await ask(await open(), ["GET /healthz HTTP/1.1", ...closing])).status).toBe(200);
  const token = "dapr-api-token: a-secret-that-nobody-knows";
  const event = JSON.stringify({ specversion: "1.0", id: "e", source: "/s", type: "com.example.order.paid.v1" });
  const headers = ["Content-Type: application/cloudevents+json", `Content-Length: ${event.length}`];
  const delivered = await ask(await openEvents(), ["POST /bills HTTP/1.1", ...closing, token, ...headers], event);
  expect([delivered.status, delivered.body]).toEqual([200, '{"status":"SUCCESS"}']);
  release.resolve();
  expect(new Set((await Promise.all(admitted)).map(({ status }) => status))).toEqual(new Set([202]));
});

it("lets bodies that are slow in coming lock nobody out", async () => {
  const { open } = await startEdge({ limits: { bodyMs: 60_000, lingerMs: 100 } });
  const lines = ["POST /orders HTTP/1.1", "Host: app", "Content-Length: 1", "Connection: close"];
  const slow = await Promise.all(Array.from({ length: 128 }, open));
  for (const socket of slow) socket.on("error", () => {}).write(`${lines.join("\r\n")}\r\n\r\n`);
  const told = once(slow[0] as never, "data");
  let status = 503;
  while (status === 503) ({ status } = await ask(await open(), lines, "x"));
  expect(status).toBe(415);
  expect(String((await told)[0])).toMatch(/^HTTP\/1.1 408 /);
});
