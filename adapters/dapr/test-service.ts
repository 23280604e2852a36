import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

const MAIN = join(import.meta.dirname, "main.ts");

/** One service as a process of its own, which ends with the test. */
export function run(
  service: string,
  env: Readonly<Record<string, string>> = {},
  { args = [] }: { readonly args?: readonly string[] } = {},
): ChildProcess {
  const child = spawn(process.execPath, [...args, MAIN, service], {
    env: { PATH: process.env.PATH, EDGE_PORT: "0", ...env },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

export async function endOf(child: ChildProcess) {
  const exit = once(child, "exit");
  const output = Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : "")));
  const [code] = await exit;
  const [stdout, stderr] = await output;
  return { code, stdout, stderr };
}

/** out: what the process says to be wrong, without the line that says who speaks. */
export const faultsOf = (stderr: string | undefined) =>
  stderr
    ?.trim()
    .split("\n")
    .slice(1)
    .map((line) => line.trim());

type Line = Readonly<Record<string, unknown>>;

/** out: where it listens, and all of its log, which goes on growing. */
export function ready(
  child: ChildProcess,
): Promise<{ readonly address: string; readonly edge: string; readonly lines: readonly Line[] }> {
  const lines: Line[] = [];
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`ended with ${code} before it was ready`)));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (text) => {
      const line = JSON.parse(text) as Line;
      lines.push(line);
      if (line.msg === "ready") resolve({ address: String(line.address), edge: String(line.edge), lines });
    });
  });
}
