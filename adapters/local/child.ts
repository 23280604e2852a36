import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

const QUICK_MS = 10_000;
const MOST_QUICK_DEATHS = 5;
const KILL_AFTER_MS = 25_000;
/** pino's numbers. */
const INFO = 30;
const WARN = 40;

interface ChildOptions {
  readonly name: string;
  /** For Node itself, the script among them. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Each line that it writes, parsed where it is JSON; `stream` says where another one was written. */
  readonly onLine: (line: Readonly<Record<string, unknown>>) => void;
  /** It died and is started again. */
  readonly onRestart: (how: string) => void;
  /** It died too often. */
  readonly onGiveUp: (why: string) => void;
}

export interface Child {
  readonly name: string;
  /** Of the process that runs now. */
  pid(): number | undefined;
  /** Resolves when it has said that it is ready, since the last start. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A process that is started again when it dies, and that ends by itself when this one does: its standard input is a pipe
 * from here, which the kernel closes whatever happens to us.
 */
export function startChild({ name, args, env, onLine, onRestart, onGiveUp }: ChildOptions): Child {
  let stopping = false;
  let deaths: number[] = [];
  let running: ChildProcess;
  let ready = Promise.withResolvers<void>();
  let ended: Promise<void>;

  /** What was written past the logger: `console.log` of a handler, a warning of Node. */
  const plain = (line: string) => ({ time: Date.now(), service: name, msg: line });

  const run = () => {
    const complaints: string[] = [];
    running = spawn(process.execPath, args, { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
    // A pipe to a process that has just died breaks; its exit says more.
    running.stdin?.on("error", () => {});
    createInterface({ input: running.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      const parsed = parseLine(line) ?? { ...plain(line), level: INFO, stream: "stdout" };
      if (parsed.msg === "ready") ready.resolve();
      onLine(parsed);
    });
    createInterface({ input: running.stderr as NodeJS.ReadableStream }).on("line", (line) => {
      onLine({ ...plain(line), level: WARN, stream: "stderr" });
      complaints.push(line);
      if (complaints.length > 20) complaints.shift();
    });
    ended = new Promise((resolve) => {
      running.once("close", (code, signal) => {
        resolve();
        if (!stopping) restart(signal ?? `exit code ${code}`, complaints.join("\n"));
      });
    });
  };

  const restart = (how: string, complaints: string) => {
    ready = Promise.withResolvers<void>();
    const now = Date.now();
    deaths = [...deaths.filter((then) => now - then < QUICK_MS), now];
    if (deaths.length >= MOST_QUICK_DEATHS) return onGiveUp(`${name} does not stay up (${how})\n${complaints}`);
    onRestart(complaints ? `${how}\n${complaints}` : how);
    run();
  };

  run();
  return {
    name,
    pid: () => running.pid,
    ready: () => ready.promise,
    async stop() {
      stopping = true;
      running.kill("SIGTERM");
      const killer = setTimeout(() => running.kill("SIGKILL"), KILL_AFTER_MS);
      await ended;
      clearTimeout(killer);
    },
  };
}

function parseLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed === "object" && parsed !== null) return parsed as Record<string, unknown>;
  } catch {
    // Not one of our log lines.
  }
  return undefined;
}
