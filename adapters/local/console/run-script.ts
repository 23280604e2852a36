import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { COMPILE_CACHE } from "../compile-cache.ts";
import { programFile } from "../program-file.ts";

/** Longer than replaying as many letters as one may ask for at once. */
const LONGEST_MS = 120_000;

interface RunOptions {
  /** On its standard input: nothing that is anybody's stands in its arguments. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What a command has said. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  /** For people, line by line. */
  readonly complaints: readonly string[];
}

/** Runs one of the repository's commands, by its file: what the page does is done as somebody would who types it. */
export async function runScript(
  [script, ...args]: readonly [script: string, ...args: string[]],
  { input = "", env = {} }: RunOptions = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [programFile(script), ...args], {
    // npm says of itself what was typed: that was another command.
    env: { ...process.env, npm_lifecycle_event: "", NODE_COMPILE_CACHE: COMPILE_CACHE, NO_COLOR: "1", ...env },
    stdio: ["pipe", "pipe", "pipe"],
    timeout: LONGEST_MS,
  });
  // One that reads nothing of it, or has ended: its exit says more.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, complaints: stderr.split("\n").filter((line) => line.trim() !== "") };
}
