import { readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";

const IGNORED = new Set(["node_modules", ".git", "dist"]);

/**
 * All files of a folder and of those in it, in order of their names. Links are followed, but none that leads back to where it is.
 *
 * throws  as node:fs does for a folder that may not be read
 */
export function filesIn(folder: string, around: readonly string[] = []): readonly string[] {
  const real = realpathSync(folder);
  if (around.includes(real)) return [];
  return readdirSync(folder)
    .filter((name) => !IGNORED.has(name))
    .toSorted()
    .flatMap((name) => {
      const path = join(folder, name);
      const found = statSync(path, { throwIfNoEntry: false });
      if (found?.isDirectory()) return filesIn(path, [...around, real]);
      return found?.isFile() ? path : [];
    });
}
