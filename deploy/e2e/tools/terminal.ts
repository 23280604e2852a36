import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { onTestFinished } from "vitest";

const PATIENCE_MS = 60_000;
const LOOK_MS = 25;
/** What clears a line, so that another may stand there. */
const CLEAR = "\r\u001b[K";

/** A command at a terminal, as somebody types it and sees it. */
export interface Terminal {
  /** All that was shown, line by line, without what only moves or colours. */
  screen(): string;
  /** What stands in the last line now. */
  lastLine(): string;
  /** throws: with the screen, when it does not show that in time */
  shows(what: string | RegExp): Promise<void>;
  /** throws: the same */
  until(holds: () => boolean, what: string): Promise<void>;
  type(keys: string): void;
  /** out: exit code */
  readonly ended: Promise<number>;
}

export const CTRL_C = "\u0003";

interface TerminalOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command of a shell in a pseudo terminal, which ends with its test or when `end` is called. source: util-linux, script(1) */
export function openTerminal(command: string, { cwd, env = {} }: TerminalOptions): Terminal & { end(): Promise<void> } {
  // A shell that waits for it would make exit code 130 of every Ctrl-C, whatever becomes of it.
  // What npm says of the run that runs this is none of that run's.
  const mine = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const child = spawn("script", ["-qefc", `exec ${command}`, "/dev/null"], {
    cwd,
    env: { ...Object.fromEntries(mine), NO_COLOR: "1", TERM: "xterm", SHELL: "/bin/sh", ...env },
    stdio: ["pipe", "pipe", "ignore"],
  });
  let shown = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
  });
  const ended = new Promise<number>((resolve) => child.once("close", (code) => resolve(code ?? -1)));
  const plain = (text: string) => stripVTControlCharacters(text).replaceAll("\r", "");
  const screen = () => plain(shown.replaceAll(CLEAR, "\n"));
  const until = async (holds: () => boolean, what: string) => {
    const end = Date.now() + PATIENCE_MS;
    while (!holds()) {
      if (Date.now() > end) throw new Error(`${command}: not so in time: ${what}\n${screen()}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  };
  return {
    screen,
    lastLine: () => plain(shown.split("\n").at(-1)?.split(CLEAR).at(-1) ?? ""),
    shows: (what) =>
      until(() => (typeof what === "string" ? screen().includes(what) : what.test(screen())), `it shows ${what}`),
    until,
    type: (keys) => void child.stdin.write(keys),
    ended,
    async end() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** Runs a command to its end. */
export async function atTerminal(command: string, options: TerminalOptions): Promise<{ code: number; screen: string }> {
  const terminal = openTerminal(command, options);
  onTestFinished(terminal.end);
  const code = await terminal.ended;
  return { code, screen: terminal.screen() };
}
