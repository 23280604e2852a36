import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { freePorts } from "../adapters/local/free-ports.ts";
import { toStory } from "../adapters/local/story.ts";
import type { FunctionDefinition } from "../functions/kernel/define.ts";
import { defineSystem, type System } from "../functions/kernel/system.ts";
import { buildLambda } from "./aws/build.ts";
import { unpack } from "./aws/unpack.ts";
import { buildDapr } from "./dapr/build.ts";
import { daprEntries, gcfEntries, lambdaEntries } from "./entries.ts";
import { buildGcf } from "./gcloud/build.ts";

const ROOT = join(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "loosely-stacks-"));
// Where the framework is found on the way up.
const gcf = mkdtempSync(join(ROOT, "node_modules/.loosely-stacks-"));
afterAll(() => {
  for (const each of [folder, gcf]) rmSync(each, { recursive: true, force: true });
});

const DATA = { thingId: "t-1", owner: "Ada Lovelace", email: "ada@shop.example", room: 4711 };
const KERNEL = pathToFileURL(join(ROOT, "functions/kernel")).pathname;
const HANDLER = `import { defineEvent, defineFunction, when } from "${KERNEL}/define.ts";

const Moved = defineEvent({
  type: "org.example.thing.moved.v1",
  topic: "things",
  data: { "~standard": { version: 1, vendor: "test", validate: (value: any) => ({ value }) } },
  subject: ({ thingId }: { thingId: string }) => thingId,
});

interface Thing { owner: string; email: string; room: number }
const move = ({ owner, email, room }: Thing) => {
  throw new TypeError(\`cannot move \${owner} of \${email} to room \${room}\`, { cause: "no room" });
};

export const broken = defineFunction({ name: "broken", on: [when(Moved, ({ data }) => move(data as any))] });
`;
const LINE = HANDLER.split("\n").findIndex((line) => line.includes("throw new")) + 1;
const PLACE = `functions/broken/handler.ts:${LINE}:`;

beforeAll(async () => {
  mkdirSync(join(folder, "functions/broken"), { recursive: true });
  const file = join(folder, "functions/broken/handler.ts");
  writeFileSync(file, HANDLER);
  const { broken } = (await import(pathToFileURL(file).href)) as { readonly broken: FunctionDefinition };
  const system = defineSystem({ name: "attic", functions: [broken] }) as System<never>;
  const sources = { system, functions: relative(ROOT, join(folder, "functions")), effects: "none" };
  await buildDapr(join(folder, "dapr"), await daprEntries(sources));
  await buildGcf(gcf, await gcfEntries(sources));
  await buildLambda(join(folder, "lambda"), { entries: await lambdaEntries(sources) });
  unpack(readFileSync(join(folder, "lambda/broken.zip")), join(folder, "unpacked"));
}, 120_000);

const EVENT = {
  ...{ specversion: "1.0", id: "e-1", source: "/attic", type: "org.example.thing.moved.v1" },
  ...{ time: new Date().toISOString(), data: DATA },
};

type Line = Readonly<Record<string, unknown>>;

/** Runs a process until its log says what became of the event. out: that line, and all that it has said */
async function logged(child: ChildProcess, isReady: (line: Line) => void = () => {}) {
  onTestFinished(() => void child.kill("SIGKILL"));
  const said: string[] = [];
  const line = await new Promise<Line>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`ended with ${code}: ${said.join("\n")}`)));
    for (const input of [child.stdout, child.stderr])
      createInterface({ input: input as NodeJS.ReadableStream }).on("line", (text) => {
        said.push(text);
        const line = text.startsWith("{") ? (JSON.parse(text) as Line) : {};
        isReady(line);
        if (line.outcome !== undefined) resolve(line);
      });
  });
  return { line, all: said.join("\n") };
}

const start = (args: readonly string[], options: SpawnOptions): ChildProcess =>
  spawn(process.execPath, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
const post = (url: string) =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/cloudevents+json" },
    body: JSON.stringify(EVENT),
  });

/** A store that knows nothing: Firestore says 404, DynamoDB an empty answer. */
async function startStore(status: number): Promise<number> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { "content-type": "application/json" }).end("{}");
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function onDapr() {
  const env = { PATH: process.env.PATH, APP_HOST: "127.0.0.1", APP_PORT: "0", LEDGER: "memory" };
  const child = start([join(folder, "dapr/broken.mjs")], { env });
  return logged(child, ({ msg, address }) => msg === "ready" && void post(`${address}/things`).catch(() => {}));
}

async function onGoogle() {
  const [port = 0] = await freePorts(26_000 + Math.floor(Math.random() * 6_000), 1);
  const env = {
    ...{ PATH: process.env.PATH, GOOGLE_CLOUD_PROJECT: "a-project", PUBSUB_EMULATOR_HOST: "127.0.0.1:1" },
    FIRESTORE_EMULATOR_HOST: `127.0.0.1:${await startStore(404)}`,
  };
  const framework = join(ROOT, "node_modules/.bin/functions-framework");
  const args = [framework, `--source=${join(gcf, "broken")}`, "--target=broken", `--port=${port}`];
  const child = start(args, { env });
  const url = `http://127.0.0.1:${port}/things`;
  const untilServed = (): Promise<unknown> =>
    post(url).catch(() => (child.exitCode === null ? new Promise(setImmediate).then(untilServed) : undefined));
  void untilServed();
  return logged(child);
}

async function onLambda() {
  const record = { messageId: "1", eventSource: "aws:sqs", eventSourceARN: "arn:aws:sqs:x:1:things" };
  const records = [{ ...record, body: JSON.stringify(EVENT), attributes: {}, messageAttributes: {} }];
  const code = `import("./index.mjs").then(({ handler }) =>
    handler(${JSON.stringify({ Records: records })}, { getRemainingTimeInMillis: () => 20_000 }))`;
  const env = {
    ...{ AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "s", LEDGER_TABLE: "ledger" },
    ...{ TOPIC_ARN_PREFIX: "arn:aws:sns:eu-west-1:123456789012:" },
    AWS_ENDPOINT_URL: `http://127.0.0.1:${await startStore(200)}`,
  };
  return logged(start(["-e", code], { cwd: join(folder, "unpacked"), env }));
}

const hosts = [
  ["behind a sidecar", onDapr, "stack"],
  ["as a Cloud Function", onGoogle, "stack_trace"],
  ["as a Lambda function", onLambda, "stack"],
] as const;

describe.each(hosts)("a built function that throws %s", (_where, run, field) => {
  it("logs once the line of its source, and neither the address nor the values that its message repeats", async () => {
    const { line, all } = await run();
    const stack = String(line[field]);
    expect(line).toMatchObject({ function: "broken", outcome: "retry", code: "handler" });
    expect(line.reason).toBe("TypeError: cannot move <value> of <value> to room <value>");
    const [first, second] = stack.split("\n");
    expect([first, second]).toEqual([`${line.reason}`, expect.stringContaining(PLACE)]);
    expect(stack).toMatch(/^caused by: no room/m);
    expect(stack).not.toMatch(/node:|node_modules|\.mjs/);
    expect(all.split(PLACE)).toHaveLength(2);
    expect(all).not.toMatch(/Ada|shop\.example|4711/);
  });
});

it("what is shown of it on a laptop names the line below what became of it", () => {
  const stack = `TypeError: no\n    at move (${PLACE}9)\n    at adapters/core/dispatch/handle.ts:1:2`;
  const line = { msg: "event", time: 0, service: "broken", outcome: "retry", code: "handler", reason: "TypeError: no" };
  const [story, place, ...more] = (toStory({ ...line, stack, durationMs: 1 }) ?? "").split("\n");
  expect(story).toContain("comes again (handler: TypeError: no)");
  expect([place?.trim(), more]).toEqual([expect.stringContaining(`at ${PLACE.slice(0, -1)}`), []]);
});

it.each([
  ["an edge's code, by its line", `    at toDraft (${PLACE}9)`, [`at ${PLACE.slice(0, -1)}`]],
  ["what is away, by none: nobody mends that here", "    at ask (adapters/dapr/sidecar-client.ts:1:2)", []],
])("a warning is shown there for %s", (_what, frame, shown) => {
  const err = { message: "no", stack: `TypeError: no\n${frame}` };
  const [story, ...places] = (toStory({ level: 50, time: 0, service: "broken", msg: "unexpected", err }) ?? "").split(
    "\n",
  );
  expect(stripVTControlCharacters(story ?? "")).toBe("00:00:00.000  broken        unexpected: no");
  expect(places.map((place) => stripVTControlCharacters(place).trim())).toEqual(shown);
});
