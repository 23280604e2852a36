import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freeRow } from "./free-ports.ts";

const START = join(import.meta.dirname, "start.ts");
const PATIENCE_MS = 25_000;
const PORTS_FROM = 18_000 + (process.pid % 500) * 20;

/** One process of a shop: the launcher, the sidecars, or a service by its name. */
export interface ShopProcess {
  readonly pid: number;
  readonly name: string;
}

/** A shop as `npm start` runs it, which can be opened again on the same data and ports. */
export interface TestShop {
  readonly url: string;
  /** Where everything durable lies. */
  readonly dataDir: string;
  /** One line per effect tried. */
  readonly effectsLog: string;
  /** out: its processes, once it is open. throws: with what it printed, when it ends instead. */
  open(env?: Readonly<Record<string, string>>): Promise<readonly ShopProcess[]>;
  /** SIGTERM to every launcher that still runs, and waits for its end. */
  close(): Promise<void>;
  forget(): void;
}

export async function createTestShop(): Promise<TestShop> {
  const dataDir = mkdtempSync(join(tmpdir(), "loosely-shop-"));
  const port = await freeRow(PORTS_FROM, 4);
  const launchers: ChildProcess[] = [];
  return {
    url: `http://127.0.0.1:${port}`,
    dataDir,
    effectsLog: join(dataDir, "effects.jsonl"),
    async open(env = {}) {
      const launcher = spawn(process.execPath, [START, "--quiet", "--port", String(port), "--data", dataDir], {
        env: { ...process.env, ...env },
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
    },
    async close() {
      await Promise.all(launchers.map(end));
    },
    forget: () => rmSync(dataDir, { recursive: true, force: true }),
  };
}

async function end(launcher: ChildProcess): Promise<void> {
  if (launcher.exitCode !== null || launcher.signalCode !== null) return;
  const ended = new Promise((resolve) => launcher.once("exit", resolve));
  launcher.kill("SIGTERM");
  await ended;
}

/** throws: when it does not hold in time. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not so after ${PATIENCE_MS} ms: ${what}`);
    await tick();
  }
}

export const tick = () => new Promise((resolve) => setTimeout(resolve, 25));

export const isRunning = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(read(`/proc/${pid}/status`));

/** out: the processes that a launcher has started and that run now */
export function childrenOf(parent: number): readonly ShopProcess[] {
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
