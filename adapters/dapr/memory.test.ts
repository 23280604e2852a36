import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { Readable } from "node:stream";
import { pathToFileURL } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { OrderCreated } from "../../functions/events/index.ts";

const MIB = 1024 * 1024;
const AT_ONCE = 4;
const urlOf = (path: string) => JSON.stringify(pathToFileURL(`${import.meta.dirname}/${path}`).href);

/** As Node lays itself out in a pod of 256 MiB: an app that says where it listens, and when asked, what it has held at most. */
const SOURCE = `
import { readFileSync } from "node:fs";
import { createDaprApp } from ${urlOf("app.ts")};
import { createBilling } from ${urlOf("../../functions/billing/handler.ts")};
import { createEffects } from ${urlOf("../effects/index.ts")};
import { createMemoryLedger } from ${urlOf("../core/ledger/memory-ledger.ts")};
let letters = 0;
const publish = async (said) => { letters += said.length; };
const ports = { ledger: createMemoryLedger(), publish, isRelayed: true, now: Date.now, deadlineMs: 10_000, leaseMs: 15_000 };
const app = createDaprApp(createBilling(createEffects({})), { ports });
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
  const child = spawn(process.execPath, ["--max-old-space-size=128", "--input-type=module", "-e", SOURCE], {
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

type Headers = Readonly<Record<string, string>>;

async function post({ port }: App, headers: Headers, body: Iterable<Buffer> = pieces(100)): Promise<unknown> {
  const outgoing = request({ host: "127.0.0.1", port, method: "POST", path: "/orders", headers });
  Readable.from(body).pipe(outgoing);
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

const EVENT = { specversion: "1.0", source: "/test", type: OrderCreated.type };
/** Whose data are so many bytes of small objects: several times as large as values. */
const ITEM = '{"sku":"a-1","quantity":2,"price":{"currency":"EUR","minor":1999}},';
const costly = (id: string, bytes: number) =>
  `${JSON.stringify({ ...EVENT, id }).slice(0, -1)},"data":[${ITEM.repeat(bytes / ITEM.length)}1]}`;
const entriesOf = (events: readonly string[]) =>
  `{"entries":[${events.map((text, n) => `{"entryId":"${n}","event":${text}}`).join()}]}`;
const many = (count: number, bytes: number) => Array.from({ length: count }, (_, n) => costly(`e-${n}`, bytes));

it.each<[string, number, string, () => string]>([
  ["eight events of 3 MiB at once", 8, "application/cloudevents+json", () => costly("e", 3 * MIB - 1_000)],
  ["sixteen events of 1 MiB at once", 16, "application/cloudevents+json", () => costly("e", MIB - 1_000)],
  ["a bulk of ten events of 3 MiB", 1, "application/json", () => entriesOf(many(10, 3 * MIB - 1_000))],
  ["a batch of 31 MiB", 1, "application/cloudevents-batch+json", () => `[${many(31, MIB - 1_000).join()}]`],
])("stays under the 256 MiB of its pod with %s", { timeout: 60_000 }, async (_what, times, type, toBody) => {
  const app = await start();
  const body = [Buffer.from(toBody())];
  const headers = { "content-type": type, "content-length": String(body[0]?.byteLength) };
  const answers = await Promise.all(Array.from({ length: times }, () => post(app, headers, body)));
  expect(answers).toEqual(Array(times).fill(200));
  app.child.send("how much");
  const [{ letters, mostKib }] = await once(app.child, "message");
  console.log(`${_what}: ${Math.round(mostKib / 1024)} MiB at most, ${letters} letters`);
  expect(mostKib / 1024).toBeLessThan(256);
});
