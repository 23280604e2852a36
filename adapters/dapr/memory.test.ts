import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { expect, it, onTestFinished } from "vitest";

const MIB = 1024 * 1024;
const AT_ONCE = 4;
const urlOf = (path: string) => JSON.stringify(pathToFileURL(`${import.meta.dirname}/${path}`).href);

/** An app that says where it listens, and when asked, what it has held at most. */
const SOURCE = `
import { readFileSync } from "node:fs";
import { createDaprApp } from ${urlOf("app.ts")};
import { createBilling } from ${urlOf("../../functions/billing/handler.ts")};
import { createDummyEffects } from ${urlOf("../core/effects.ts")};
import { createMemoryLedger } from ${urlOf("../core/memory-ledger.ts")};
let letters = 0;
const publish = async (said) => { letters += said.length; };
const ports = { ledger: createMemoryLedger(), publish, now: Date.now, deadlineMs: 10_000, leaseMs: 15_000 };
const app = createDaprApp(createBilling(createDummyEffects()), { ports });
await app.listen({ host: "127.0.0.1", port: 0 });
// The most of this process: resourceUsage() takes that of its parent over.
const mostKib = () => Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
process.on("message", () => process.send({ letters, mostKib: mostKib() }));
process.send(app.server.address().port);
`;

interface App {
  readonly child: ChildProcess;
  readonly port: number;
}

async function start(): Promise<App> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", SOURCE], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  const [port] = await once(child, "message");
  return { child, port };
}

function* pieces(mebibytes: number) {
  const piece = Buffer.alloc(MIB, "x");
  for (let n = 0; n < mebibytes; n++) yield piece;
}

async function post({ port }: App, headers: Readonly<Record<string, string>>): Promise<unknown> {
  const outgoing = request({ host: "127.0.0.1", port, method: "POST", path: "/orders", headers });
  Readable.from(pieces(100)).pipe(outgoing);
  const [answer] = await once(outgoing, "response");
  answer.resume();
  return answer.statusCode;
}

it.each([
  ["labelled as one event", { "content-type": "application/cloudevents+json", "content-length": String(100 * MIB) }],
  ["labelled as one event, of unknown length", { "content-type": "application/cloudevents+json" }],
  ["of unknown length, as a bulk may be", { "content-type": "application/json" }],
])("stays under 200 MiB with four bodies of 100 MiB at once, %s", { timeout: 60_000 }, async (_what, headers) => {
  const app = await start();
  const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => post(app, headers)));
  expect(answers).toEqual(Array(AT_ONCE).fill(200));
  app.child.send("how much");
  const [{ letters, mostKib }] = await once(app.child, "message");
  expect(letters).toBe(AT_ONCE);
  expect(mostKib / 1024).toBeLessThan(200);
});
