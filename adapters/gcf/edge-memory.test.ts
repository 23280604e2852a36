import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePorts } from "../local/free-ports.ts";

const FRAMEWORK = join(import.meta.dirname, "../../node_modules/.bin/functions-framework");
const urlOf = (path: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, path)).href);
const SOURCE = `
import { served, settings } from ${urlOf("../core/edge/test-orders.ts")};
import { registerEdges } from ${urlOf("edge.ts")};
import { createMemoryLedger } from ${urlOf("../core/ledger/memory-ledger.ts")};
const ports = { ledger: createMemoryLedger(), publish: async () => {}, isRelayed: true, now: Date.now, deadlineMs: 10_000, leaseMs: 15_000 };
registerEdges("edge", [served], { settings, ports });
`;
const AT_ONCE = 16;
const BODY = Buffer.alloc(31_000_000, "x");
const folder = mkdtempSync(join(tmpdir(), "loosely-edge-"));
let child: ChildProcess;
let port = 0;
let idle = 0;

beforeAll(async () => {
  writeFileSync(join(folder, "index.mjs"), SOURCE);
  writeFileSync(join(folder, "package.json"), '{"main":"index.mjs"}');
  [port = 0] = await freePorts(26_000 + Math.floor(Math.random() * 6_000), 1);
  child = spawn(process.execPath, [FRAMEWORK, `--source=${folder}`, "--target=edge", `--port=${port}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream }))
    if (line.includes("URL")) break;
  for (let n = 0; n < 50; n++)
    expect((await fetch(`http://127.0.0.1:${port}/orders`, { method: "POST" })).status).toBe(202);
  idle = memoryOf(child).now;
});
afterAll(async () => {
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  rmSync(folder, { recursive: true, force: true });
});

/** source: Linux, proc_pid_status(5); out: MiB */
function memoryOf({ pid }: ChildProcess) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mib = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
  return { now: mib("VmRSS"), most: mib("VmHWM") };
}

/** Sends all but the last byte, as far as it is let. out: the status, once the connection has ended */
async function hold(line: string, isChunked: boolean): Promise<string | undefined> {
  const socket: Socket = connect(port, "127.0.0.1");
  let heard = "";
  socket.on("data", (piece) => {
    heard += piece;
  });
  // A reset, of what goes on sending after its answer.
  socket.on("error", () => {});
  const length = isChunked ? "transfer-encoding: chunked" : `content-length: ${BODY.byteLength}`;
  socket.write(`${line} HTTP/1.1\r\nhost: h\r\ncontent-type: application/json\r\n${length}\r\n\r\n`);
  if (isChunked) socket.write(`${BODY.byteLength.toString(16)}\r\n`);
  socket.write(BODY.subarray(1));
  await new Promise((resolve) => socket.once("close", resolve));
  return /^HTTP\/1\.1 (\d+) /.exec(heard)?.[1];
}

it.each([
  ["POST /orders", "413"],
  ["PUT /orders", "405"],
  ["PATCH /orders/o-1", "405"],
  ["GET /orders/o-1", "404"],
  ["POST /bills", "404"],
  ["POST /%", "404"],
])(
  `%s: ${AT_ONCE} bodies of 31 MB, each a byte short of its end, are not held`,
  { timeout: 60_000 },
  async (line, status) => {
    for (const isChunked of [false, true]) {
      const heard = await Promise.all(Array.from({ length: AT_ONCE }, () => hold(line, isChunked)));
      expect(heard).toEqual(Array(AT_ONCE).fill(status));
    }
    const { most } = memoryOf(child);
    console.info(`${line}, ${AT_ONCE} × 31 MB: ${most} MiB at most, idle ${idle}`);
    expect(most / idle).toBeLessThan(1.3);
  },
);
