import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Files, GENERATED } from "./rendered.ts";

/** Files that say that they were rendered, and are not among those that are: a function that was removed leaves them. */
export function staleFiles(root: string, files: Files): readonly string[] {
  const all = globSync("{deploy,functions,adapters}/**/*.{yaml,json,sh,ts}", { cwd: root });
  return all.filter((path) => !files.has(path) && isRendered(readFileSync(join(root, path), "utf8")));
}

const isRendered = (text: string): boolean => text.slice(0, text.indexOf("\n")).includes(GENERATED);
