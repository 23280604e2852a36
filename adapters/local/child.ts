import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { onLines } from "./console/side-lines.ts";

const QUICK_MS = 10_000;
const MOST_QUICK_DEATHS = 5;
const KILL_AFTER_MS = 25_000;
/** Of one whose code has changed: what it had in hand comes again. */
const KILL_CHANGED_AFTER_MS = 200;
const MOST_HELD = 100;
const MOST_COMPLAINTS = 20;
/** pino's numbers. */
const INFO = 30;
const WARN = 40;

type Line = Readonly<Record<string, unknown>>;

export interface ChildOptions {
  readonly name: string;
  /** For Node itself, the script among them. */
  readonly args: readonly string[];
  /** At this start. */
  readonly env: () => Readonly<Record<string, string>>;
  readonly onStart?: () => void;
  /** in: the line that said so */
  readonly onReady?: (line: Line) => void;
  /** Each line that it writes, parsed where it is JSON; `stream` says where another one was written. */
  readonly onLine: (line: Line) => void;
  /** With it, the process has a descriptor more, 3: gets each line that comes there. */
  readonly onSide?: (line: string) => void;
  /** It died and is started again. */
  readonly onRestart: (how: string) => void;
  /** It died too often, or ended before it was ready, which another start would not change. It runs again when told to. */
  readonly onGiveUp: (why: string) => void;
  /** It ended as it was told to. */
  readonly onStop?: () => void;
}

export interface Child {
  readonly name: string;
  /** Of the process that runs now. */
  pid(): number | undefined;
  /** Resolves when it has said that it is ready, since the last start. */
  ready(): Promise<void>;
  /** A line on its standard input. */
  tell(what: object): void;
  /** Its code has changed, or its environment. */
  restart(): Promise<void>;
  /** By hand, as is all that follows until `stop`, and no death of its own: it stays away until `start`. */
  halt(): Promise<void>;
  /** What was halted runs again. */
  start(): Promise<void>;
  /** It dies at once, and is started again. */
  crash(): void;
  isHalted(): boolean;
  stop(): Promise<void>;
  kill(): void;
}

/**
 * A process that is started again when it dies, and that ends by itself when this one does: its standard input is a pipe
 * from here, which the kernel closes whatever happens to us. The terminal's Ctrl-C does not reach it: its group is its own.
 */
export function startChild({ name, args, env, ...on }: ChildOptions): Child {
  let wanted: "running" | "changed" | "halted" | "stopped" = "running";
  let isCrashing = false;
  let deaths: number[] = [];
  let running: ChildProcess;
  let isReady = false;
  let ready = Promise.withResolvers<void>();
  let ended = Promise.resolve();

  /** What was written past the logger: `console.log` of a handler, a warning of Node. */
  const plain = (line: string) => ({ time: Date.now(), service: name, msg: line });

  const run = () => {
    // Whoever waits since a start that failed waits for this one.
    if (isReady) ready = Promise.withResolvers<void>();
    isReady = false;
    isCrashing = false;
    let complaints: Line[] = [];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...env() },
      stdio: ["pipe", "pipe", "pipe", ...(on.onSide ? ["pipe" as const] : [])],
      detached: true,
    });
    running = child;
    on.onStart?.();
    if (on.onSide) onLines(child.stdio[3] as Readable, on.onSide);
    // A pipe to a process that has just died breaks; its exit says more.
    child.stdin.on("error", () => {});
    createInterface({ input: child.stdout }).on("line", (text) => {
      const line = parseLine(text) ?? { ...plain(text), level: INFO, stream: "stdout" };
      if (!isReady && line.msg === "ready" && line.stream === undefined) {
        isReady = true;
        on.onReady?.(line);
        ready.resolve();
        for (const complaint of complaints) on.onLine(complaint);
        complaints = [];
      }
      on.onLine(line);
    });
    createInterface({ input: child.stderr }).on("line", (text) => {
      const line = { ...plain(text), level: WARN, stream: "stderr" };
      // Until it is ready they may be the reason why it never is, which is told once.
      if (isReady) on.onLine(line);
      else if (complaints.length < MOST_HELD) complaints.push(line);
    });
    ended = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        resolve();
        if (wanted === "stopped" || wanted === "halted") on.onStop?.();
        if (wanted !== "running") return;
        const how = [signal ?? `exit code ${code}`, ...toReason(complaints)].join("\n");
        if (isCrashing) {
          on.onRestart("killed by hand");
          run();
        } else if (!isReady && signal === null) on.onGiveUp(`${name} cannot be started: ${how}`);
        else runAgain(how);
      });
    });
  };

  const runAgain = (how: string) => {
    const now = Date.now();
    deaths = [...deaths.filter((then) => now - then < QUICK_MS), now];
    if (deaths.length >= MOST_QUICK_DEATHS) return on.onGiveUp(`${name} does not stay up: ${how}`);
    on.onRestart(how);
    run();
  };

  const isRunning = () => running.exitCode === null && running.signalCode === null;
  const end = async (killAfterMs: number) => {
    // Whoever is told twice does not wait for what it has in hand.
    if (isRunning() && !running.killed) running.kill("SIGTERM");
    const killer = setTimeout(() => running.kill("SIGKILL"), killAfterMs);
    await ended;
    clearTimeout(killer);
  };

  run();
  return {
    name,
    // Of one that has ended it may be another's by now.
    pid: () => (isRunning() ? running.pid : undefined),
    ready: () => ready.promise,
    tell: (what) => void running.stdin?.write(`${JSON.stringify(what)}\n`),
    async restart() {
      if (wanted !== "running") return;
      wanted = "changed";
      await end(KILL_CHANGED_AFTER_MS);
      // It was stopped meanwhile: TypeScript does not see that.
      if ((wanted as string) === "stopped") return;
      wanted = "running";
      deaths = [];
      run();
    },
    async halt() {
      if (wanted !== "running") return;
      wanted = "halted";
      await end(KILL_AFTER_MS);
    },
    async start() {
      if (wanted !== "halted") return;
      await ended;
      if ((wanted as string) !== "halted") return;
      wanted = "running";
      deaths = [];
      run();
    },
    crash() {
      if (wanted !== "running" || !isRunning()) return;
      isCrashing = true;
      running.kill("SIGKILL");
    },
    isHalted: () => wanted === "halted",
    async stop() {
      wanted = "stopped";
      await end(KILL_AFTER_MS);
    },
    kill() {
      wanted = "stopped";
      running.kill("SIGKILL");
    },
  };
}

/** What Node says of an error that nobody caught, without the lines that are about Node. */
function toReason(complaints: readonly Line[]): readonly string[] {
  const lines = complaints.map(({ msg }) => String(msg));
  const from = lines[0]?.startsWith("node:internal") ? lines.indexOf("") + 1 : 0;
  const ours = lines.slice(from).filter((line) => !/^\s+at .*\(?node:|^Node\.js v/.test(line));
  return ours.slice(0, MOST_COMPLAINTS);
}

/** A line of a logger has both; what a handler prints as JSON is its own. */
const isLogged = (value: unknown): value is Line =>
  typeof value === "object" && value !== null && "msg" in value && "level" in value;

function parseLine(line: string): Line | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    if (isLogged(parsed)) return parsed;
  } catch {
    // Not one of our log lines.
  }
  return undefined;
}
