import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePorts, isFree } from "../local/free-ports.ts";

const FRAMEWORK = join(import.meta.dirname, "../../node_modules/.bin/functions-framework");
const folder = mkdtempSync(join(tmpdir(), "loosely-gcf-"));
const urlOf = (path: string) => JSON.stringify(pathToFileURL(join(import.meta.dirname, path)).href);

/** A function that says when it is at work and ends when it is told. */
const SOURCE = `
import { registerFunctions } from ${urlOf("receive.ts")};
import { createMemoryLedger } from ${urlOf("../core/ledger/memory-ledger.ts")};
import { defineFunction, when } from ${urlOf("../../functions/kernel/define.ts")};
import { Probe } from ${urlOf("../conformance/handlers.ts")};
const told = new Promise((resolve) => process.once("message", resolve));
const fn = defineFunction({ name: "slow", on: [when(Probe, async () => { console.log("at work"); await told; return {}; })] });
const ports = { ledger: createMemoryLedger(), publish: async () => {}, now: Date.now, deadlineMs: 60_000, leaseMs: 70_000 };
registerFunctions([fn], { ports });
`;

beforeAll(() => {
  writeFileSync(join(folder, "index.mjs"), SOURCE);
  writeFileSync(join(folder, "package.json"), '{"main":"index.mjs"}');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Process {
  readonly child: ChildProcess;
  readonly port: number;
  readonly lines: Interface;
}

async function start(): Promise<Process> {
  const [port = 0] = await freePorts(26_000 + Math.floor(Math.random() * 6_000), 1);
  const child = spawn(process.execPath, [FRAMEWORK, `--source=${folder}`, "--target=slow", `--port=${port}`], {
    stdio: ["ignore", "pipe", "ignore", "ipc"],
  });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  await until(lines, { text: "URL", times: 1 });
  return { child, port, lines };
}

function until(lines: Interface, { text, times }: { readonly text: string; readonly times: number }): Promise<void> {
  let seen = 0;
  return new Promise((resolve) => {
    lines.on("line", (line) => {
      if (line.includes(text) && ++seen === times) resolve();
    });
  });
}

const EVENTS = 20;

/** out: status and Connection header of each answer, or why there was none */
function send({ port }: Process): readonly Promise<readonly unknown[]>[] {
  const agent = new Agent({ keepAlive: true });
  return Array.from({ length: EVENTS }, async (_, n) => {
    const body = JSON.stringify({ specversion: "1.0", id: `e-${n}`, source: "/test", type: "com.example.probe.v1" });
    const headers = { "content-type": "application/cloudevents+json" };
    const outgoing = request({ agent, host: "127.0.0.1", port, method: "POST", path: "/", headers });
    outgoing.end(body);
    try {
      const [answer] = await once(outgoing, "response");
      answer.resume();
      return [answer.statusCode, answer.headers.connection];
    } catch (error) {
      return [(error as NodeJS.ErrnoException).code ?? "no answer"];
    }
  });
}

it.each(["SIGTERM", "SIGINT"] as const)(
  "%s with requests in flight: all are answered, then it ends with 0",
  async (signal) => {
    const running = await start();
    const atWork = until(running.lines, { text: "at work", times: EVENTS });
    const answers = send(running);
    await atWork;
    running.child.kill(signal);
    // It takes no more connections: it has heard the signal.
    while (!(await isFree(running.port)));
    running.child.send("go on");
    const exit = once(running.child, "exit");
    expect(await Promise.all(answers)).toEqual(Array.from({ length: EVENTS }, () => [204, "close"]));
    const answered = performance.now();
    expect(await exit).toEqual([0, null]);
    // Kept connections would hold it for many times as long.
    expect(performance.now() - answered).toBeLessThan(5_000);
  },
);

it("a second signal ends it at once, for those who cannot wait", async () => {
  const running = await start();
  const atWork = until(running.lines, { text: "at work", times: EVENTS });
  const answers = send(running);
  await atWork;
  running.child.kill("SIGTERM");
  while (!(await isFree(running.port)));
  running.child.kill("SIGTERM");
  expect(await once(running.child, "exit")).toEqual([1, null]);
  expect((await Promise.all(answers)).map(([status]) => status)).not.toContain(204);
});

it("a signal before the first request ends it with 0", async () => {
  const running = await start();
  running.child.kill("SIGTERM");
  expect(await once(running.child, "exit")).toEqual([0, null]);
});
