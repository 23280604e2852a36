import { execFileSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** Code as biome.json wants it, so that what is made passes the lint that a file written by hand has to pass. in path: where it will be */
export function formatted(path: string, code: string): string {
  const biome = join(ROOT, "node_modules/.bin/biome");
  const options = { cwd: ROOT, encoding: "utf8", input: code } as const;
  return execFileSync(process.execPath, [biome, "check", "--write", `--stdin-file-path=${path}`], options);
}
