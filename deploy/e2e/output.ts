import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../engines/engine.ts";

const OUTPUT = join(import.meta.dirname, "../../.local/e2e");

/** An empty folder for the data and the logs of a test; they stay until its next run. */
export function freshFolder(name: string): string {
  const folder = join(OUTPUT, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Says in one line why a test is skipped. out: undefined when all engines are there */
export function whyMissing(what: string, engines: readonly Engine[]): string | undefined {
  const why = engines.map((engine) => engine.missing()).find((line) => line !== undefined);
  if (why !== undefined) process.stdout.write(`skipped: ${what}: ${why}\n`);
  return why;
}
