import { spawnSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/**
 * Renders all that follows from the system, in processes of their own: what this one has loaded is as it was before.
 *
 * out     what was rendered and removed, a line each
 * throws  RenewError with what it said
 */
export function renew(): readonly string[] {
  const said = ["deploy/generate/main.ts", "deploy/state-keys/main.ts"].map((script) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script], { cwd: ROOT, encoding: "utf8" });
    if (status !== 0) throw new RenewError(`${script}: ${stderr.trim()}`);
    return stdout;
  });
  return said.join("").split("\n").filter(Boolean);
}

/** Makes an error for what cannot be rendered. */
export class RenewError extends Error {
  override readonly name = "RenewError";
}

export const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** A heading, and a line for each of what it heads. Nothing where there is none. */
export function printList(heading: string, lines: readonly string[]): void {
  if (lines.length > 0) print([heading, ...lines.map((line) => `  ${line}`)].join("\n"));
}
