import { globSync, readdirSync, readFileSync, statSync, watch } from "node:fs";
import { join, relative } from "node:path";
import type { Runnable } from "./launcher.ts";
import { ROOT } from "./program-file.ts";

/** An editor saves in several steps, and a branch that is checked out changes many files. */
const SETTLED_MS = 80;
const WATCHED = ["functions", "adapters", "effects"];
/** What functions and services share. */
const SHARED = /^(functions\/(kernel|events|[^/]+$)|adapters\/(core|dapr|effects)\/|effects\/)/;
const CODE = /(?<!\.test)\.(ts|json)$/;

interface WatchOptions extends Pick<Runnable, "services" | "resources" | "root"> {
  readonly restart: (names: readonly string[]) => Promise<void>;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Starts again what has changed: a function's own folder is its service, what all share is all of them, YAML is the sidecars. */
export function watchSources({ services, resources, restart, say, signal, root = ROOT }: WatchOptions): void {
  const parts = {
    root,
    names: services.map(({ name }) => name),
    yaml: resources.map((folder) => relative(root, folder)),
  };
  let changed = new Set<string>();
  let turn = 0;
  let timer: NodeJS.Timeout | undefined;
  const settle = async () => {
    const files = [...changed];
    changed = new Set();
    const whom = [...new Set(files.flatMap((file) => affectedBy(file, parts)))];
    if (whom.length === 0) return;
    const since = Date.now();
    const mine = ++turn;
    await restart(whom);
    // What could not be started has been saved again.
    if (turn !== mine) return;
    say(`${files.join(", ")}: ${whom.join(", ")} started again in ${Date.now() - since} ms`);
  };
  const strangers = new Set<string>();
  const note = (file: string) => {
    const stranger = functionOf(file);
    if (stranger !== undefined && !parts.names.includes(stranger) && !strangers.has(stranger)) {
      strangers.add(stranger);
      say(`functions/${stranger}: no service runs it yet; the next start does, once it is in the system`);
    }
    if (affectedBy(file, parts).length === 0) return;
    changed.add(file);
    clearTimeout(timer);
    timer = setTimeout(settle, SETTLED_MS);
  };
  // Folder by folder: what is told of a whole tree misses a file that an editor has put in the place of another.
  const look = (folder: string, onFile: (file: string) => void) => {
    const watcher = watch(join(root, folder), { signal }, (_event, name) => {
      const path = join(folder, name ?? "");
      if (isFolder(join(root, path))) look(path, note);
      else note(path);
    });
    // The folder was deleted.
    watcher.on("error", () => watcher.close());
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) look(path, onFile);
      else onFile(path);
    }
  };
  for (const folder of [...WATCHED, ...parts.yaml]) if (isFolder(join(root, folder))) look(folder, () => {});
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

interface Parts {
  readonly root: string;
  readonly names: readonly string[];
  /** Folders, as the file: from the top of the project. */
  readonly yaml: readonly string[];
}

/** out: the names of those that run what is in a file */
export function affectedBy(file: string, { root, names, yaml }: Parts): readonly string[] {
  if (yaml.some((folder) => file.startsWith(`${folder}/`))) return /\.ya?ml$/.test(file) ? ["sidecars"] : [];
  if (!CODE.test(file)) return [];
  if (SHARED.test(file)) return names;
  if (file.startsWith("adapters/local/")) return ["sidecars"];
  const own = functionOf(file);
  return own === undefined ? [] : names.filter((name) => name === own || imports(join(root, "functions", name), own));
}

/** out: the name of the function in whose own folder it is */
const functionOf = (file: string): string | undefined =>
  SHARED.test(file) || !CODE.test(file) ? undefined : /^functions\/([^/]+)\//.exec(file)?.[1];

/** Whether a function has something of another one's folder. */
const imports = (folder: string, other: string): boolean =>
  globSync(join(folder, "**/*.ts"), { exclude: ["**/*.test.ts"] }).some((file) =>
    readFileSync(file, "utf8").includes(`"../${other}/`),
  );
