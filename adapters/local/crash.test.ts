import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import {
  ask,
  publishEvent,
  pubsubYaml,
  resourcesWith,
  startApp,
  stateYaml,
  subscriptionsYaml,
  temporaryFolder,
} from "./test-app.ts";

const main = join(import.meta.dirname, "main.ts");

interface Run {
  readonly child: ChildProcess;
  readonly port: number;
}

async function run(settings: object): Promise<Run> {
  const env = { ...process.env, LOOSELY_SIDECARS: JSON.stringify(settings) };
  const child = spawn(process.execPath, [main], { env, stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const { msg, apps } = JSON.parse(line);
    if (msg === "ready") {
      child.stdout?.resume();
      return { child, port: apps[0].httpPort };
    }
  }
  throw new Error("the sidecar ended before it was ready");
}

const settingsFor = (appPort: number) => {
  const subscriptions = subscriptionsYaml([{ topic: "t" }]);
  const resources = [resourcesWith({ "a.yaml": pubsubYaml(), "b.yaml": subscriptions, "c.yaml": stateYaml })];
  return { resources, database: `${temporaryFolder()}/broker.db`, apps: [{ appId: "app", appPort, httpPort: 0 }] };
};

const event = (id: number) => ({ specversion: "1.0", id: String(id), source: "/s", type: "t", data: { id } });
const saveState = async (port: number, id: number) => {
  const body = JSON.stringify([{ key: String(id), value: id, options: { concurrency: "first-write" } }]);
  return (await ask(port, { method: "POST", path: "/v1.0/state/statestore", body })).status;
};

test("SIGKILL at any moment loses nothing: each event that was acknowledged comes at least once, each state stays", async () => {
  const app = await startApp();
  const settings = settingsFor(app.port);
  const acknowledged = new Set<number>();
  const saved = new Set<number>();
  let id = 0;
  let { child, port } = await run(settings);
  for (let round = 0; round < 6; round++) {
    const exit = once(child, "exit");
    const last = acknowledged.size + 1 + Math.floor(Math.random() * 150);
    let alive = true;
    const publishAndSave = async () => {
      while (alive) {
        const mine = ++id;
        const published = await publishEvent(port, "t", event(mine)).catch(() => undefined);
        if (published === 204) acknowledged.add(mine);
        else alive = false;
        if ((await saveState(port, mine).catch(() => undefined)) === 204) saved.add(mine);
        if (acknowledged.size >= last) child.kill("SIGKILL");
      }
    };
    await Promise.all(Array.from({ length: 8 }, publishAndSave));
    await exit;
    ({ child, port } = await run(settings));
  }
  await app.until((deliveries) => {
    if (deliveries.length < acknowledged.size) return false;
    const received = new Set(deliveries.map(({ body }) => JSON.parse(body).data.id as number));
    return [...acknowledged].every((one) => received.has(one));
  });
  const values = [...saved].map(async (key) => (await ask(port, { path: `/v1.0/state/statestore/${key}` })).body);
  expect(await Promise.all(values)).toEqual([...saved].map(String));
}, 90_000);

test("SIGKILL during a delivery: it comes again at the next start", async () => {
  const app = await startApp({ answer: (_call, nth) => (nth === 0 ? { hang: true } : {}) });
  const settings = settingsFor(app.port);
  const first = await run(settings);
  await publishEvent(first.port, "t", event(1));
  await app.until(({ length }) => length === 1);
  const exit = once(first.child, "exit");
  first.child.kill("SIGKILL");
  await exit;
  await run(settings);
  await app.until(({ length }) => length === 2);
  expect(app.deliveries.map(({ body }) => JSON.parse(body).id)).toEqual(["1", "1"]);
});

test.each([
  ["SIGTERM", (child: ChildProcess) => child.kill("SIGTERM")],
  ["SIGINT", (child: ChildProcess) => child.kill("SIGINT")],
  ["the end of standard input, as when its launcher was killed", (child: ChildProcess) => child.stdin?.end()],
])("%s ends it with exit code 0", async (_what, end) => {
  const app = await startApp();
  const { child } = await run(settingsFor(app.port));
  const exit = once(child, "exit");
  end(child);
  expect(await exit).toEqual([0, null]);
});

test.each([
  ["nothing", undefined, "LOOSELY_SIDECARS: must be JSON"],
  ["a field that is missing", '{"resources":[],"database":"x"}', "LOOSELY_SIDECARS.apps: must be"],
  [
    "a field that is wrong",
    '{"resources":[],"database":"x","apps":[{"appId":"a","appPort":1,"httpPort":0,"apiToken":5}]}',
    "LOOSELY_SIDECARS.apps.0.apiToken: must be string",
  ],
])("settings that are %s end it with exit code 1 and a reason", async (_what, settings, reason) => {
  const { LOOSELY_SIDECARS: _, ...env } = process.env;
  const child = spawn(process.execPath, [main], {
    env: { ...env, ...(settings ? { LOOSELY_SIDECARS: settings } : {}) },
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, "close");
  expect([code, said]).toEqual([1, expect.stringContaining(reason)]);
});

test.each(["", "-wal"])(
  "a database whose file%s is deleted while it runs is noticed: nothing more is acknowledged, and it ends with 1",
  async (end) => {
    const app = await startApp();
    const settings = settingsFor(app.port);
    const { child, port } = await run(settings);
    const exit = once(child, "exit");
    expect([await publishEvent(port, "t", event(1)), await saveState(port, 1)]).toEqual([204, 204]);
    rmSync(settings.database + end);
    const answers = [publishEvent(port, "t", event(2)), saveState(port, 2)].map((one) => one.catch(() => "no answer"));
    expect(await Promise.all(answers)).toEqual(["no answer", "no answer"]);
    expect((await exit)[0]).toBe(1);
  },
);

test.each([
  ["in no folder", "/nowhere/at/all/broker.db"],
  ["that is no database", import.meta.filename],
])("says in one line that its database is a file %s, and ends with 1", async (_what, database) => {
  const settings = { ...settingsFor(1), database };
  onTestFinished(() => rmSync(`${database}.lock`, { force: true }));
  const env = { ...process.env, LOOSELY_SIDECARS: JSON.stringify(settings) };
  const child = spawn(process.execPath, [main], { env, stdio: ["pipe", "ignore", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [complaint, [code]] = await Promise.all([text(child.stderr), once(child, "exit")]);
  expect([code, complaint]).toEqual([1, expect.stringMatching(/^\/.*: cannot be opened: [^\n]+\n$/)]);
});
