import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { freeRow } from "./free-ports.ts";
import { readSession } from "./session.ts";
import { runCommand } from "./test-command.ts";
import { childrenOf, isRunning, until } from "./test-shop.ts";

const ROOT = join(import.meta.dirname, "../..");
const START = join(import.meta.dirname, "start.ts");
const PORTS_FROM = 14_000 + (process.pid % 190) * 20;
const OPEN = "is open.";

/** Whoever still runs may write into a folder while it is emptied. */
const EMPTYING = { recursive: true, maxRetries: 5 } as const;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "loosely-start-"));
  onTestFinished(() => rmSync(folder, { ...EMPTYING, force: true }));
  return folder;
}

const start = (args: readonly string[], env?: Readonly<Record<string, string>>) =>
  runCommand([process.execPath, START, ...args], { cwd: ROOT, ...(env ? { env } : {}) });

/** As `npm start`, on ports and data of its own. */
function startShop(env: Readonly<Record<string, string>> = {}) {
  const data = newFolder();
  const args = ["--port", "0", "--data", data];
  return { data, args, shop: start(args, env), url: () => readSession(data)?.services[0]?.url };
}

it("a second one on the same data ends at once, and says in one sentence who was there first", async () => {
  const { shop, data, args, url } = startShop();
  await shop.says(OPEN);
  const second = start([...args, "--fresh"]);
  expect(await second.ended).toBe(1);
  expect(second.said()).toBe(
    `${data}: process ${shop.pid}, at ${url()}, runs on this data: stop it first, or choose another folder by --data\n`,
  );
  expect((await fetch(`${url()}/healthz`)).status).toBe(200);
  expect(readSession(data)?.services.map(({ name }) => name)).toContain("billing");
});

it.each([
  ["Ctrl-C, which reaches its whole group", (pid: number) => process.kill(-pid, "SIGINT")],
  ["SIGTERM", (pid: number) => process.kill(pid, "SIGTERM")],
])("%s ends an open one with 0, starts nothing again and leaves nobody behind", async (_what, end) => {
  const { shop, data } = startShop();
  await shop.says(OPEN);
  const children = childrenOf(shop.pid);
  expect(children.length).toBeGreaterThan(4);
  end(shop.pid);
  expect(await shop.ended).toBe(0);
  expect(shop.said()).not.toMatch(/died|starting it again/);
  expect(children.filter(({ pid }) => isRunning(pid))).toEqual([]);
  expect([readSession(data), existsSync(join(data, "session.json"))]).toEqual([undefined, false]);
});

it.each([
  ["when its first process has started", 1],
  ["when its services start", 3],
])("Ctrl-C ends a start with 0, at once, %s", async (_when, count) => {
  const { shop } = startShop();
  await until(() => childrenOf(shop.pid).length >= count, `${count} processes`);
  const children = childrenOf(shop.pid);
  const began = Date.now();
  process.kill(-shop.pid, "SIGINT");
  expect(await shop.ended).toBe(0);
  expect(Date.now() - began).toBeLessThan(4_000);
  expect(children.filter(({ pid }) => isRunning(pid))).toEqual([]);
});

it("takes the data over from one that was killed, once its processes are gone; until then Ctrl-C ends it with 0", async () => {
  const { shop, args } = startShop();
  await shop.says(OPEN);
  const children = childrenOf(shop.pid);
  const slow = children.find(({ name }) => name === "sidecars")?.pid ?? 0;
  // A process that cannot end yet.
  process.kill(slow, "SIGSTOP");
  process.kill(shop.pid, "SIGKILL");
  await shop.ended;
  const waiting = start(args);
  await waiting.says(`waiting for processes that were left behind: ${slow}`);
  process.kill(waiting.pid, "SIGTERM");
  expect(await waiting.ended).toBe(0);
  process.kill(slow, "SIGCONT");
  const again = start(args);
  await again.says(OPEN);
  expect(children.filter(({ pid }) => isRunning(pid))).toEqual([]);
});

it("ends with all of its processes when npm is killed", async () => {
  const data = newFolder();
  const npm = runCommand(["npm", "start", "--", "--port", "0", "--data", data], { cwd: ROOT });
  await npm.says(OPEN);
  const pid = readSession(data)?.pid ?? 0;
  const all = [pid, ...childrenOf(pid).map((child) => child.pid)];
  expect(all.length).toBeGreaterThan(5);
  process.kill(npm.pid, "SIGKILL");
  await until(() => !all.some(isRunning), "all are gone");
});

it.each([
  ["/proc", "/proc/nowhere/at/all"],
  ["a file", START],
  ["a file as its parent", join(START, "data")],
])("says in one line that --data cannot be used at %s", async (_where, data) => {
  const shop = start(["--data", data]);
  expect(await shop.ended).toBe(1);
  expect(shop.said()).toMatch(/^--data: \S+ cannot be used: [^\n]+\n$/);
});

it("says in one line that --data cannot be used where what is kept cannot be written", async () => {
  const data = newFolder();
  mkdirSync(join(data, "launcher.json"));
  const shop = start(["--data", data]);
  expect(await shop.ended).toBe(1);
  expect(shop.said()).toMatch(/^--data: \S+ cannot be used: [^\n]+\n$/);
});

it("says at once which port is taken, and which are not", async () => {
  const port = await freeRow(PORTS_FROM, 4);
  const other = createServer().listen(port + 2, "127.0.0.1");
  onTestFinished(() => void other.close());
  const began = Date.now();
  const shop = start(["--port", String(port), "--data", newFolder()]);
  expect(await shop.ended).toBe(1);
  expect(shop.said()).toMatch(
    new RegExp(`^port ${port + 2} is taken: end what uses it, or choose others: --port \\d+\n$`),
  );
  expect(Date.now() - began).toBeLessThan(5_000);
});

it.each([
  [["--prot", "1"], "--prot: is no option; did you mean --port?"],
  [["--data", "", "--fresh"], "--data: must name a folder, got nothing"],
])("says in one line what is wrong with %j, and ends with 2", async (args, why) => {
  const shop = start(args);
  expect(await shop.ended).toBe(2);
  expect(shop.said()).toBe(`${why}\nnpm start -- --help lists the options.\n`);
});

it("says once what a misspelt variable was meant to be, and needs no proxy for what is here", async () => {
  const { shop, url, data } = startShop({
    ...{ TOPIC: "x", NODE_USE_ENV_PROXY: "1", HTTP_PROXY: "http://127.0.0.1:9", NO_PROXY: "", no_proxy: "" },
  });
  await shop.says(OPEN);
  expect(shop.said().match(/TOPIC: is no setting; did you mean TOPICS\?/g)).toHaveLength(1);
  const placed = await fetch(`${url()}/orders`, { method: "POST" });
  const { orderId } = (await placed.json()) as { orderId: string };
  const log = join(data, "log/billing.jsonl");
  await until(() => shop.said().split(orderId.slice(0, 8)).length > 5, "the order goes its way");
  await until(() => readFileSync(log, "utf8").includes(orderId), "what is told is kept");
  // Its terminal closes.
  process.kill(-shop.pid, "SIGHUP");
  expect(await shop.ended).toBe(0);
});

it("notices that the file that holds its events was deleted, says so and goes on", async () => {
  const { shop, data } = startShop();
  await shop.says(OPEN);
  rmSync(join(data, "broker.db"));
  await shop.says("broker.db: is not there any more: the events and the state that it held are gone");
  await shop.says("sidecars died (exit code 1): starting it again");
  await until(() => existsSync(join(data, "broker.db")), "there is a new one");
});

it("ends with a reason when its folder is deleted", async () => {
  const { shop, data } = startShop();
  await shop.says(OPEN);
  rmSync(data, EMPTYING);
  expect(await shop.ended).toBe(1);
  expect(shop.said()).toContain(`${data}: was deleted under it`);
});
