import { spawnSync } from "node:child_process";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "./engine.ts";

interface MavenOptions {
  /** A goal with its execution in the pom beside this file. */
  readonly goal: string;
  readonly into: string;
}

/** Copies what the pom names into a folder, all or nothing. throws: with what Maven said last. */
export async function copyFromMaven({ goal, into }: MavenOptions): Promise<void> {
  const partial = `${into}.partial`;
  rmSync(partial, { recursive: true, force: true });
  const pom = join(import.meta.dirname, "maven/pom.xml");
  await run(["mvn", "-B", "-q", "-f", pom, goal, `-Dinto=${partial}`]);
  rmSync(into, { recursive: true, force: true });
  renameSync(partial, into);
}

/** out: why there is no Java to run an engine on, in one line; undefined when there is */
export const missingJava = (name: string): string | undefined =>
  spawnSync("java", ["-version"]).status === 0 ? undefined : `${name}: needs a Java runtime (17 or later) on the PATH`;
