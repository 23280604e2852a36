import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  /** What it has printed since it is ready. */
  readonly lines: readonly string[];
}

/** Starts a server of serve.ts in a process of its own; ready when it listens. */
export async function startServer(name: string): Promise<Running> {
  const args = ["--expose-gc", join(import.meta.dirname, "serve.ts"), name];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  const port = new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said = /^ready (\d+)$/.exec(line)?.[1];
      if (said === undefined) lines.push(line);
      else resolve(Number(said));
    });
    once(child, "exit").then(() => reject(new Error(`${name} does not start`)));
  });
  return { child, port: await port, lines };
}
