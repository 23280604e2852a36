import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { finished } from "node:stream/promises";
import { expect, it, onTestFinished } from "vitest";

const MIB = 1024 * 1024;
const AT_ONCE = 16;
const BYTES = 31 * MIB;

async function start(): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const env = {
    PATH: process.env.PATH,
    APP_PORT: "0",
    EDGE_PORT: "0",
    APP_API_TOKEN: "secret",
    LEDGER: "memory",
    LOG_LEVEL: "info",
  };
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), "order"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  const port = await new Promise<number>((resolve) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      const { msg, edge } = JSON.parse(line);
      if (msg === "ready") resolve(Number(new URL(edge).port));
    });
  });
  return { child, port };
}

const mebibytesOf = ({ pid }: ChildProcess, field: "VmRSS" | "VmHWM"): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;

/** One byte short of its end, as fast as it is taken. out: what was answered; resolves when nobody takes any more */
async function send(port: number, head: string, body: (socket: Socket) => Promise<void>): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let answer = "";
  socket.on("data", (chunk) => {
    answer += chunk;
  });
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(`${head}\r\nHost: app\r\n`);
  await body(socket);
  await finished(socket).catch(() => {});
  return answer.split("\r\n")[0] ?? "";
}

async function write(socket: Socket, piece: Buffer, times: number): Promise<void> {
  for (let n = 0; n < times && !socket.destroyed; n++)
    if (!socket.write(piece)) await Promise.race([once(socket, "drain"), once(socket, "close")]).catch(() => {});
}

const known = async (socket: Socket) => {
  socket.write(`Content-Length: ${BYTES + 1}\r\n\r\n`);
  await write(socket, Buffer.alloc(MIB, "x"), BYTES / MIB);
};
const chunked = async (socket: Socket) => {
  socket.write(`Transfer-Encoding: chunked\r\n\r\n${BYTES.toString(16)}\r\n`);
  await write(socket, Buffer.alloc(MIB, "x"), BYTES / MIB);
};
/** Each of them is an object in memory where it is kept as it came. */
const single = async (socket: Socket) => {
  socket.write("Transfer-Encoding: chunked\r\n\r\n");
  await write(socket, Buffer.from("1\r\nx\r\n".repeat(1_024)), 255);
};

it.each([
  ["PUT /orders", known, 405],
  ["PUT /orders", chunked, 405],
  ["DELETE /orders/o-1", known, 405],
  ["POST /orders", known, 413],
  ["POST /orders", chunked, 413],
  ["POST /orders, in pieces of one byte", single, 413],
  ["POST /nothing", chunked, 404],
  ["POST /bills", known, 404],
  ["GET /healthz", chunked, 413],
])(
  "stays within 1.3 times idle under 16 bodies of 31 MiB (twice, in pieces of one byte, which the collector is behind): %s",
  { timeout: 60_000 },
  async (what, body, status) => {
    const { child, port } = await start();
    for (let n = 0; n < 3; n++) await (await fetch(`http://127.0.0.1:${port}/orders`, { method: "PUT" })).text();
    const idle = mebibytesOf(child, "VmRSS");
    // From here on, what it has held at most.
    writeFileSync(`/proc/${child.pid}/clear_refs`, "5");
    const line = `${what.split(",")[0]} HTTP/1.1`;
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => send(port, line, body)));
    const most = mebibytesOf(child, "VmHWM");
    process.stdout.write(`${what} (${body.name}): ${idle.toFixed(0)} MiB idle, at most ${most.toFixed(0)}\n`);
    const others = answers.map((each) => Number(each.split(" ")[1])).filter((each) => each !== status);
    // On a busy machine a quarter of a million pieces take longer than a body may.
    expect(others.filter((each) => each !== 408 || body !== single)).toEqual([]);
    expect(most / idle).toBeLessThanOrEqual(body === single ? 2 : 1.3);
  },
);
