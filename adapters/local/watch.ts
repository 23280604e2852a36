import { existsSync, globSync, readFileSync, watch } from "node:fs";
import { join, relative } from "node:path";
import type { Runnable } from "./launcher.ts";

/** An editor saves in several steps, and a branch that is checked out changes many files. */
const SETTLED_MS = 80;
const ROOT = join(import.meta.dirname, "../..");
const WATCHED = ["functions", "adapters"];
/** What functions and services share. */
const SHARED = /^(functions\/(kernel|events|[^/]+$)|adapters\/(core|dapr|effects)\/)/;
const CODE = /(?<!\.test)\.(ts|json)$/;

interface WatchOptions extends Pick<Runnable, "services" | "resources"> {
  readonly restart: (names: readonly string[]) => Promise<void>;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Starts again what has changed: a function's own folder is its service, what all share is all of them, YAML is the sidecars. */
export function watchSources({ services, resources, restart, say, signal }: WatchOptions): void {
  const names = services.map(({ name }) => name);
  const yaml = resources.map((folder) => relative(ROOT, folder));
  let changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const settle = async () => {
    const files = [...changed];
    changed = new Set();
    const whom = [...new Set(files.flatMap((file) => affectedBy(file, { names, yaml })))];
    if (whom.length === 0) return;
    const since = Date.now();
    await restart(whom);
    say(`${files.join(", ")}: ${whom.join(", ")} started again in ${Date.now() - since} ms`);
  };
  for (const folder of [...WATCHED, ...yaml].filter((each) => existsSync(join(ROOT, each))))
    watch(join(ROOT, folder), { recursive: true, signal }, (_event, name) => {
      const file = join(folder, name ?? "");
      if (affectedBy(file, { names, yaml }).length === 0) return;
      changed.add(file);
      clearTimeout(timer);
      timer = setTimeout(settle, SETTLED_MS);
    });
}

interface Parts {
  readonly names: readonly string[];
  /** Folders, as the file: from the top of the project. */
  readonly yaml: readonly string[];
}

/** out: the names of those that run what is in a file */
export function affectedBy(file: string, { names, yaml }: Parts): readonly string[] {
  if (yaml.some((folder) => file.startsWith(`${folder}/`))) return /\.ya?ml$/.test(file) ? ["sidecars"] : [];
  if (!CODE.test(file)) return [];
  if (SHARED.test(file)) return names;
  if (file.startsWith("adapters/local/")) return ["sidecars"];
  const own = /^functions\/([^/]+)\//.exec(file)?.[1];
  return own === undefined ? [] : names.filter((name) => name === own || imports(name, own));
}

/** Whether a function has something of another one's folder. */
const imports = (name: string, other: string): boolean =>
  globSync(join(ROOT, "functions", name, "**/*.ts")).some((file) =>
    readFileSync(file, "utf8").includes(`"../${other}/`),
  );
