import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../../engines/engine.ts";

const OUTPUT = join(import.meta.dirname, "../../../.local/e2e");

/** An empty folder for the data and the logs of a test; they stay until its next run. */
export function freshFolder(name: string): string {
  const folder = join(OUTPUT, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Says in one line why a test is skipped. out: undefined when all that it needs is there */
export function whyMissing(what: string, needs: readonly Pick<Engine, "missing">[]): string | undefined {
  const why = needs.map((need) => need.missing()).find((line) => line !== undefined);
  if (why !== undefined) process.stdout.write(`skipped: ${what}: ${why}\n`);
  return why;
}
