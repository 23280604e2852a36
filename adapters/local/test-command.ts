import { spawn } from "node:child_process";
import { onTestFinished } from "vitest";
import { until } from "./test-shop.ts";

export interface RunningCommand {
  readonly pid: number;
  /** What it has said so far, on both of its streams. */
  said(): string;
  /** out: exit code; null where a signal ended it */
  readonly ended: Promise<number | null>;
  says(text: string): Promise<void>;
}

/** Runs a command in a process group of its own, as a terminal does, and ends it with its test. */
export function runCommand(
  command: readonly string[],
  { env = {}, cwd }: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): RunningCommand {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    ...(cwd === undefined ? {} : { cwd }),
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      said += chunk;
    });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  return {
    pid: child.pid as number,
    said: () => said,
    ended,
    says: (text) =>
      until(() => {
        if (child.exitCode !== null && !said.includes(text)) throw new Error(`ended without "${text}": ${said}`);
        return said.includes(text);
      }, `it says: ${text}`),
  };
}
