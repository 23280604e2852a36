import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** Where engines are kept between runs. */
export const CACHE = process.env.LOOSELY_CACHE ?? join(homedir(), ".cache/loosely");

/** Something real that tests run against. */
export interface Engine {
  readonly name: string;
  /** out: why it cannot be used now, in one line; undefined when it can. */
  missing(): string | undefined;
  /** Idempotent, resumable. say: one line of progress. throws: with what the installer said last. */
  install(say: (line: string) => void): Promise<void>;
}

/** A process of an engine. */
export interface Running {
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when it has ended, whoever ended it. */
  readonly ended: Promise<void>;
  /** Ends it, gracefully, and waits for that. */
  stop(): Promise<void>;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
}

interface StartOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly logFile: string;
  /** Asked again and again until it says so. */
  readonly ready: () => Promise<boolean>;
  readonly patienceMs?: number;
}

/** Nothing outlives its test, also when the test is ended. */
const children = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
  process.once(signal, () => {
    for (const child of children) child.kill("SIGKILL");
    // Where nobody else listens it would have ended us.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  });

/** Where the kernel can be told to end a process with the one that started it, even when that is killed. source: prctl(2), PR_SET_PDEATHSIG */
const SETPRIV = "/usr/bin/setpriv";
const DIES_WITH_US = existsSync(SETPRIV) ? [SETPRIV, "--pdeathsig", "KILL"] : [];

const ASK_EVERY_MS = 50;
const PATIENCE_MS = 180_000;
const KILL_AFTER_MS = 15_000;

/** Starts a process and waits until it is ready. throws: with the end of its log when it ends or takes too long. */
export async function startProcess({
  command,
  args,
  env = {},
  cwd,
  logFile,
  ready,
  patienceMs = PATIENCE_MS,
}: StartOptions): Promise<Running> {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, "a");
  const [program = command, ...before] = [...DIES_WITH_US, command];
  const child = spawn(program, [...before, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", log, log],
    ...(cwd === undefined ? {} : { cwd }),
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
  children.add(child);
  ended.then(() => children.delete(child));

  const running: Running = {
    pid: child.pid ?? -1,
    logFile,
    ended,
    stop: () => end(child, ended),
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
  const deadline = Date.now() + patienceMs;
  let over = false;
  ended.then(() => {
    over = true;
  });
  while (!(await ready().catch(() => false))) {
    if (over || Date.now() > deadline) {
      const how = over ? "ended" : `was not ready in ${patienceMs} ms`;
      await running.kill();
      throw new Error(`${command} ${how}:\n${tail(logFile)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
  return running;
}

/**
 * Waits for all that start at once. Where one fails, the others are ended.
 *
 * throws  what the first of them failed with
 */
export async function allOrNone<Started>(
  starting: readonly Promise<Started>[],
  endOne: (started: Started) => Promise<unknown>,
): Promise<readonly Started[]> {
  const settled = await Promise.allSettled(starting);
  const started = settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const failed = settled.find((each) => each.status === "rejected");
  if (failed === undefined) return started;
  await Promise.allSettled(started.map(endOne));
  throw failed.reason;
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
  await ended;
  clearTimeout(killer);
}

const tail = (file: string): string => readFileSync(file, "utf8").split("\n").slice(-20).join("\n");

interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads. */
  readonly input?: string;
}

/** Runs a command to its end. out: what it printed. throws: with its last lines when it fails. */
export function run([command, ...args]: readonly [string, ...string[]], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    // Its exit code says why it does not read.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input);
    let printed = "";
    const keep = (chunk: Buffer) => {
      printed += chunk;
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(printed);
      else reject(new Error(`${command} ${args.join(" ")}: exit code ${code}\n${printed.slice(-2_000)}`));
    });
  });
}
