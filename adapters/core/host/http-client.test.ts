import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { createHttpClient } from "./http-client.ts";

const TIMEOUT_MS = 50;
const LATE = `no answer within ${TIMEOUT_MS} ms`;

interface Listener {
  readonly port: number;
  stop(): Promise<unknown>;
}

async function listen(server: Server): Promise<Listener> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

/** Its thread stands still, and others wait before us as many as the system lets wait. */
async function neverAccepts(): Promise<Listener> {
  const code = `
    const server = require("node:net").createServer();
    server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
      require("node:worker_threads").parentPort.postMessage(server.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const worker = new Worker(code, { eval: true });
  const port = await new Promise<number>((resolve) => worker.once("message", resolve));
  const waiting = Array.from({ length: 8 }, () => connect(port, "127.0.0.1").on("error", () => {}));
  await new Promise((resolve) => waiting[0]?.once("connect", resolve));
  const stop = () => {
    for (const socket of waiting) socket.destroy();
    return worker.terminate();
  };
  return { port, stop };
}

describe("a call over HTTP", () => {
  it.each<[what: string, start: () => Promise<Listener>]>([
    ["never accepts a connection", neverAccepts],
    ["never answers", () => listen(createServer(() => {}))],
    ["begins to answer, and never ends", () => listen(createServer((_request, answer) => void answer.write("{")))],
  ])("ends after its time where the other side %s: nobody waits for it for ever", async (_what, start) => {
    const { port, stop } = await start();
    const client = createHttpClient({ origin: `http://127.0.0.1:${port}`, timeoutMs: TIMEOUT_MS });
    await expect(client.call({ method: "GET", path: "/" })).rejects.toThrow(LATE);
    await client.close();
    await stop();
  });

  it("ends after its time while others hold all connections that may be open", async () => {
    let asked = 0;
    const { port, stop } = await listen(createServer(() => asked++));
    const client = createHttpClient({ origin: `http://127.0.0.1:${port}`, timeoutMs: TIMEOUT_MS });
    const calls = Array.from({ length: 65 }, () => client.call({ method: "GET", path: "/" }));
    // Once the first has ended, its connection is free for the last.
    const askedUntilThen = await Promise.race(calls).catch(() => asked);
    const ends = await Promise.allSettled(calls);
    expect(ends.map((end) => end.status === "rejected" && end.reason.message)).toEqual(calls.map(() => LATE));
    expect(askedUntilThen).toBeLessThan(65);
    await client.close();
    await stop();
  });
});
