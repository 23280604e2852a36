import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it, onTestFinished } from "vitest";
import { LIMITS } from "./limits.ts";

const CLIENTS = 64;
const SLACK_MS = 100;

/** The order service in a process of its own, beside a sidecar that does nothing. */
async function start(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const sidecar = createServer((incoming, answer) => {
    incoming.resume().once("end", () => answer.writeHead(204).end());
  }).listen(0, "127.0.0.1");
  await once(sidecar, "listening");
  const { port: sidecarPort } = sidecar.address() as AddressInfo;
  const env = {
    PATH: process.env.PATH,
    APP_PORT: "0",
    EDGE_PORT: "0",
    EDGE_DEMO: "on",
    LEDGER: "memory",
    DAPR_HTTP_PORT: String(sidecarPort),
  };
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), "order"], { env });
  onTestFinished(() => {
    child.kill("SIGKILL");
    sidecar.closeAllConnections();
    sidecar.close();
  });
  const port = await new Promise<number>((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { msg, edge } = JSON.parse(line);
      if (msg === "ready") resolve(Number(new URL(edge).port));
    });
  });
  return { child, port };
}

/** What was answered, or what broke, to a request, and when that was sent. */
interface End {
  readonly what: unknown;
  readonly sentAt: number;
}

/** One after the other on a connection that is kept, until it is told to be the last. */
async function customer(port: number, onAnswer: () => void): Promise<readonly End[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ends: End[] = [];
  for (let isLast = false; !isLast; ) {
    const sentAt = performance.now();
    const outgoing = request({ agent, host: "127.0.0.1", port, method: "POST", path: "/orders" }).end();
    try {
      const [answer] = await once(outgoing, "response");
      await once(answer.resume(), "end");
      ends.push({ what: answer.statusCode, sentAt });
      isLast = answer.headers.connection === "close";
      onAnswer();
    } catch (error) {
      ends.push({ what: (error as NodeJS.ErrnoException).code, sentAt });
      isLast = true;
    }
  }
  agent.destroy();
  return ends;
}

it("resets none of 64 kept connections at SIGTERM under load: each is told which answer is its last", async () => {
  const { child, port } = await start();
  let answers = 0;
  const warm = Promise.withResolvers<void>();
  const customers = Array.from({ length: CLIENTS }, () =>
    customer(port, () => ++answers === 10 * CLIENTS && warm.resolve()),
  );
  await warm.promise;
  const exit = once(child, "exit");
  const toldAt = performance.now();
  child.kill("SIGTERM");
  const ends = (await Promise.all(customers)).flat();
  // Where a busy machine lets a customer wait, its request is later than a last one may be.
  const inTime = ends.filter(({ sentAt }) => sentAt < toldAt + LIMITS.lastCallMs - SLACK_MS);
  const whats = new Set(inTime.map(({ what }) => what));
  // What a service under pressure says.
  whats.delete(503);
  expect(whats).toEqual(new Set([202]));
  expect(await exit).toEqual([0, null]);
});

const say = async (socket: Socket, text: string): Promise<string> => {
  socket.write(text);
  const [answer] = await once(socket, "data");
  return String(answer);
};
const HEALTH = "GET /healthz HTTP/1.1\r\nHost: app\r\n\r\n";

it("ends soon beside connections that are idle, silent or half a head, and serves who speaks up before", async () => {
  const { child, port } = await start();
  const [idle, speaks, silent, half] = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      await once(socket, "connect");
      return socket;
    }),
  );
  if (!idle || !speaks || !silent || !half) throw new Error("no connections");
  for (const socket of [idle, speaks]) expect(await say(socket, HEALTH)).not.toMatch(/connection: close/i);
  half.write("POST /orders HTT");
  const began = performance.now();
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  const isRefused = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(false);
      }).once("error", () => resolve(true));
    });
  while (!(await isRefused()));
  const answer = await say(speaks, HEALTH);
  expect([answer.split(" ")[1], /\r\nconnection: close\r\n/i.test(answer)]).toEqual(["200", true]);
  expect(await exit).toEqual([0, null]);
  // A second on a machine that has nothing else to do; without a last call it is twenty.
  expect(performance.now() - began).toBeLessThan(8_000);
});
