import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { freeRow } from "./free-ports.ts";

const START = join(import.meta.dirname, "start.ts");
const ORDERS = 30;
const PATIENCE_MS = 25_000;
const PORTS_FROM = 18_000 + (process.pid % 500) * 20;

let dataDir: string;
let port: number;
let launchers: ChildProcess[] = [];

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "loosely-kill-"));
  port = await freeRow(PORTS_FROM, 4);
});

afterEach(async () => {
  await Promise.all(launchers.map(close));
  launchers = [];
  rmSync(dataDir, { recursive: true, force: true });
});

interface Process {
  readonly pid: number;
  readonly name: string;
}

const VICTIMS = ["order", "billing", "notification", "shipping", "sidecars"] as const;

it.each([
  ...VICTIMS.map((name) => ({
    who: `the process of ${name}`,
    victims: (all: readonly Process[]) => all.filter((one) => one.name === name),
  })),
  { who: "the launcher alone", victims: (all: readonly Process[]) => all.filter(({ name }) => name === "launcher") },
  { who: "every process", victims: (all: readonly Process[]) => all },
])("finishes every accepted order, and leaves no process behind, when $who is killed", async ({ victims }) => {
  const processes = await open();
  const accepted = new Set<string>();
  const half = Promise.withResolvers<void>();
  const placing = placeOrders((id) => {
    accepted.add(id);
    if (accepted.size === ORDERS / 2) half.resolve();
  });
  await half.promise;
  const chosen = victims(processes);
  expect(chosen).not.toEqual([]);
  for (const { pid } of chosen) process.kill(pid, "SIGKILL");
  placing.stop();
  await placing.done;

  await Promise.all(launchers.map(close));
  await until(() => processes.every(({ pid }) => !isRunning(pid)), "the first shop's processes are gone");

  const again = await open();
  for (const id of accepted) await until(async () => (await statusOf(id)) === "shipped", `order ${id} is shipped`);
  await Promise.all(launchers.map(close));
  expect(again.filter(({ pid }) => isRunning(pid))).toEqual([]);
});

it("starts a process again that dies, without a new start", async () => {
  const processes = await open();
  process.kill(processes.find(({ name }) => name === "billing")?.pid ?? 0, "SIGKILL");
  const ids = new Set<string>();
  await placeOrders((id) => ids.add(id)).done;
  expect(ids.size).toBe(ORDERS);
  for (const id of ids) await until(async () => (await statusOf(id)) === "shipped", `order ${id} is shipped`);
});

/** out: the launcher and its children, once the shop is open */
async function open(): Promise<readonly Process[]> {
  const launcher = spawn(process.execPath, [START, "--quiet", "--port", String(port), "--data", dataDir], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  launchers.push(launcher);
  let printed = "";
  const keep = (chunk: Buffer) => {
    printed += chunk;
  };
  launcher.stdout.on("data", keep);
  launcher.stderr.on("data", keep);
  await until(() => {
    if (launcher.exitCode !== null) throw new Error(printed);
    return printed.includes("The shop is open");
  }, "the shop is open");
  const pid = launcher.pid as number;
  return [{ pid, name: "launcher" }, ...childrenOf(pid)];
}

async function close(launcher: ChildProcess): Promise<void> {
  if (launcher.exitCode !== null || launcher.signalCode !== null) return;
  const ended = new Promise((resolve) => launcher.once("exit", resolve));
  launcher.kill("SIGTERM");
  await ended;
}

/** Places orders one after the other until told to stop, asking again under the same key. */
function placeOrders(onAccepted: (id: string) => void) {
  let stopped = false;
  const place = async () => {
    const headers = { "idempotency-key": randomUUID() };
    while (!stopped) {
      const answer = await fetch(`http://127.0.0.1:${port}/orders`, { method: "POST", headers }).catch(() => undefined);
      if (answer?.status === 202) return onAccepted(((await answer.json()) as { orderId: string }).orderId);
      await tick();
    }
  };
  const run = async () => {
    for (let placed = 0; placed < ORDERS && !stopped; placed++) await place();
  };
  return {
    stop: () => {
      stopped = true;
    },
    done: run(),
  };
}

async function statusOf(id: string): Promise<string | undefined> {
  const answer = await fetch(`http://127.0.0.1:${port}/orders/${id}`).catch(() => undefined);
  return answer?.ok ? ((await answer.json()) as { status: string }).status : undefined;
}

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not so after ${PATIENCE_MS} ms: ${what}`);
    await tick();
  }
}

const tick = () => new Promise((resolve) => setTimeout(resolve, 25));

const isRunning = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(read(`/proc/${pid}/status`));

function childrenOf(parent: number): readonly Process[] {
  return readdirSync("/proc")
    .filter(
      (entry) => /^\d+$/.test(entry) && new RegExp(`^PPid:\\s+${parent}$`, "m").test(read(`/proc/${entry}/status`)),
    )
    .map((entry) => ({ pid: Number(entry), name: nameOf(read(`/proc/${entry}/cmdline`).split("\0")) }));
}

const nameOf = (command: readonly string[]): string => {
  const last = command.filter((part) => part !== "").at(-1) ?? "";
  return last.endsWith("local/main.ts") ? "sidecars" : last;
};

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
