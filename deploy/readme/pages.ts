import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Files } from "../generate/rendered.ts";

/** The pages of a project, README.md and those beside what they are about, by their path from its root. */
export function readPages(root: string): Files {
  const paths = globSync(["README.md", "{adapters,deploy,functions}/**/*.md"], {
    cwd: root,
    // What stands in the template is about what is made of it.
    exclude: ["**/node_modules", "adapters/local/template"],
  });
  return new Map(paths.toSorted().map((path) => [path, readFileSync(join(root, path), "utf8")]));
}
