import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { System } from "../../functions/kernel/system.ts";
import { renderPlan } from "../generate/aws/aws.ts";
import { toPlan } from "../generate/aws/plan.ts";
import type { Settings } from "../generate/aws/settings.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A folder with what is rendered of a system, and the script beside it. */
export function lay(other: System<never>, settings: Settings = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "loosely-deployment-"));
  folders.push(folder);
  copyFileSync(join(import.meta.dirname, "upload.sh"), join(folder, "upload.sh"));
  for (const [path, text] of renderPlan(toPlan(other, settings))) writeFileSync(join(folder, path), text);
  return folder;
}
