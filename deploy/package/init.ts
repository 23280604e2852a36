import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { UsageError } from "../../adapters/local/command-line.ts";
import { ROOT } from "../../adapters/local/program-file.ts";
import { SYSTEM_NAME } from "../../functions/kernel/system.ts";

const TEMPLATE = join(ROOT, "adapters/local/template");
/** npm leaves out of a package what is called as its own. */
const RENAMED: Readonly<Record<string, string>> = { "_package.json": "package.json", _gitignore: ".gitignore" };

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/**
 * Makes a system of the template. It depends on this package as this one was installed: by its tarball, until there is another place.
 *
 * out     the files that were written, from the folder
 * throws  UsageError for a folder that is not empty, or whose name no system can have
 */
export function init(folder: string): readonly string[] {
  const name = basename(resolve(folder));
  if (!SYSTEM_NAME.test(name)) throw new UsageError(`FOLDER: its name must match ${SYSTEM_NAME}, got ${name}`);
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new UsageError(`${folder}: must be empty, or not be there`);
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
  const values: Readonly<Record<string, string>> = {
    NAME: name,
    LOOSELY: installedFrom(resolve(folder)) ?? `^${manifest.version}`,
    ...manifest.dependencies,
    ...manifest.peerDependencies,
  };
  return readdirSync(TEMPLATE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const from = join(entry.parentPath, entry.name);
      const path = join(relative(TEMPLATE, entry.parentPath), RENAMED[entry.name] ?? entry.name);
      const text = readFileSync(from, "utf8").replaceAll(/\{\{([^}]+)\}\}/g, (_, key: string) => filled(values, key));
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
      return path;
    })
    .sort();
}

function filled(values: Readonly<Record<string, string>>, key: string): string {
  const value = values[key];
  if (value === undefined) throw new Error(`template: {{${key}}} is not known`);
  return value;
}

/** out: what npm installed this package from, as a project in that folder says it; undefined where it came by its version */
function installedFrom(folder: string): string | undefined {
  const modules = dirname(ROOT);
  const file = join(modules, ".package-lock.json");
  if (basename(modules) !== "node_modules" || !existsSync(file)) return undefined;
  const { packages } = JSON.parse(readFileSync(file, "utf8")) as {
    readonly packages: Readonly<Record<string, { readonly resolved?: string }>>;
  };
  const resolved = packages["node_modules/loosely"]?.resolved;
  if (!resolved?.startsWith("file:")) return undefined;
  return `file:${relative(folder, resolve(dirname(modules), resolved.slice("file:".length)))}`;
}
