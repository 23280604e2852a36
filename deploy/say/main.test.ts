import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { writeSession } from "../../adapters/local/session.ts";
import { catalogue } from "../../functions/events/index.ts";
import { system } from "../../functions/index.ts";
import { topicsOf } from "../../functions/kernel/define.ts";

const MAIN = join(import.meta.dirname, "main.ts");
/** One that is heard, and from whose consumers nothing need follow. */
const { type, topic = "" } = catalogue.find(
  (event) => event.topic !== undefined && system.functions.some(({ definition }) => definition.on.has(event.type)),
) as (typeof catalogue)[number];
const hearers = system.functions
  .filter(({ definition }) => topicsOf(definition).includes(topic))
  .map(({ name, definition }) => ({ name, isConsumer: definition.on.has(type) }));

interface Published {
  readonly path: string;
  readonly token: unknown;
  readonly event: { readonly id: string; readonly type: string };
}

/** A sidecar, and a system whose services say of each event what they are told to. */
async function openSystem(outcomeOf: (event: Published["event"]) => object | undefined) {
  const data = mkdtempSync(join(tmpdir(), "loosely-say-"));
  mkdirSync(join(data, "log"));
  const published: Published[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const event = JSON.parse(await text(incoming)) as Published["event"];
    const [path = ""] = (incoming.url ?? "").split("?");
    published.push({ path, token: incoming.headers["dapr-api-token"], event });
    outgoing.writeHead(204).end();
    for (const { name, isConsumer } of hearers) {
      const outcome = isConsumer ? outcomeOf(event) : { outcome: "ack", how: "ignored" };
      if (outcome === undefined) continue;
      const line = { time: Date.now(), msg: "event", function: name, event: event.id, type: event.type, ...outcome };
      appendFileSync(join(data, `log/${name}.jsonl`), `${JSON.stringify(line)}\n`);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
    rmSync(data, { recursive: true });
  });
  const { port } = server.address() as AddressInfo;
  const sidecarUrl = `http://127.0.0.1:${port}`;
  writeSession(data, {
    pid: process.pid,
    system: system.name,
    services: [{ name: "any", url: sidecarUrl, appPort: 1, sidecarUrl }],
    tokens: { app: "app-token", dapr: "dapr-token" },
  });
  return { data, port, published };
}

const handled = { outcome: "ack", how: "handled", said: [] };

async function say(args: readonly string[], input = ""): Promise<{ code: number | null; out: string; err: string }> {
  const child: ChildProcess = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, NO_COLOR: "1", DAPR_API_TOKEN: "of-the-shell" },
  });
  child.stdin?.end(input);
  const [out, err, code] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
    new Promise<number | null>((resolve) => child.once("close", resolve)),
  ]);
  return { code, out, err };
}

it("says a sample to the system that runs, tells what becomes of it, and ends with 0 when all is handled", async () => {
  const { data, published } = await openSystem(() => handled);
  const { code, out, err } = await say([type, "--data", data, "--id", "my-own"]);
  expect([code, err]).toEqual([0, ""]);
  expect(published).toMatchObject([
    {
      path: `/v1.0/publish/pubsub/${topic}`,
      token: "dapr-token",
      event: { id: "my-own", type, correlationid: "my-own" },
    },
  ]);
  expect(out).toContain(`said  my-own  npm run story -- my-own --data ${data}`);
  for (const { name, isConsumer } of hearers)
    expect(out).toMatch(new RegExp(`^  ${name} +will ${isConsumer ? "handle" : "ignore"} it$`, "m"));
});

it("gives each event an id of its own", async () => {
  const { data, published } = await openSystem(() => handled);
  await Promise.all([say([type, "--data", data]), say([type, "--data", data])]);
  expect(new Set(published.map(({ event }) => event.id)).size).toBe(2);
});

it("says a broken sample, which field is broken, how to see its letter, and ends with 1", async () => {
  const { data, published } = await openSystem(() => ({
    outcome: "dead",
    code: "schema",
    reason: "data.x: must be y",
  }));
  const { code, out } = await say([type, "--invalid", "--data", data]);
  expect([code, published.length]).toEqual([1, 1]);
  expect(out).toMatch(/^broken: data\.\S+ is /m);
  expect(out).toMatch(/will take it for dead \(schema: data\./);
  expect(out).toMatch(/^The letter: npm run dead -- list --function \S+ --code schema/m);
});

it("ends with 1 when it is not told in time, and says who is waited for", async () => {
  const { data } = await openSystem(() => undefined);
  const { code, out } = await say([type, "--wait", "0.3", "--data", data]);
  const { name } = hearers.find(({ isConsumer }) => isConsumer) ?? {};
  expect(code).toBe(1);
  expect(out).toContain(`not told within 0.3 s: `);
  expect(out).toContain(`${type} at ${name}`);
});

it("says to a sidecar by its port, with the token of the environment", async () => {
  const { port, published } = await openSystem(() => handled);
  const whole = { specversion: "1.0", type, id: "whole", source: "/else", data: sampleOf() };
  const { code, out } = await say([type, "-", "--port", String(port)], JSON.stringify(whole));
  expect(out).toContain("npm run story -- whole --log FILE");
  expect([code, published]).toMatchObject([0, [{ token: "of-the-shell", event: { id: "whole", source: "/else" } }]]);
});

const sampleOf = (): unknown => catalogue.find((event) => event.type === type)?.sample;

it.concurrent.each<[string, readonly string[], number, RegExp]>([
  ["a type that nobody knows", ["weather.changed"], 2, /^TYPE weather\.changed: is none that this system knows/],
  ["no type", [], 2, /^TYPE: must be given/],
  ["an option that is none", [type, "--colour"], 2, /^--colour: is no option/],
  ["a time that is none", [type, "--wait", "soon"], 2, /^--wait: must be a number of seconds/],
  [
    "a file that is not there",
    [type, "/nowhere/event.json"],
    2,
    /^FILE \/nowhere\/event\.json: cannot be read: ENOENT/,
  ],
  ["a file that is a folder", [type, "/"], 2, /^FILE \/: cannot be read: EISDIR/],
  ["data that breaks its schema", [type, "-"], 1, /^schema: data.*; --force says it all the same/],
  ["a system that does not run", [type, "--data", "/nowhere"], 1, /^\/nowhere: nothing runs there: npm start runs it/],
])("says in one line what is wrong with %s", async (_what, args, status, message) => {
  const { code, err } = await say(args, "{}");
  expect(code).toBe(status);
  expect(err).toMatch(message);
  expect(err.trim().split("\n").length).toBe(status === 2 ? 2 : 1);
});
