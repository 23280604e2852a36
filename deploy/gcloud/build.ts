import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { REQUIRE } from "../beside.ts";
import { type Entries, gcfEntries } from "../entries.ts";
import { LATER, later } from "../later.ts";

const FRAMEWORK = "@google-cloud/functions-framework";
const ROOT = join(import.meta.dirname, "../..");

interface Entry {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [more: string]: unknown;
}

interface Lock {
  readonly version: string;
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, Entry>>;
}

/**
 * One folder per function for `gcloud functions deploy --source`: the bundle, a package.json that wants the framework and
 * nothing else, its lock file. The framework stays outside: a second copy of it would have a registry of its own, in which
 * nobody looks.
 *
 * in      entries: what each is made of, a module that registers it; left out: those of our system
 * out     what is in each bundle, by function: esbuild's metafile
 * source  buildpacks, cmd/nodejs: `main` of package.json, `npm ci` where there is a lock file, no `build` script
 */
export async function buildGcf(outdir: string, entries?: Entries): Promise<Readonly<Record<string, Metafile>>> {
  await rm(outdir, { recursive: true, force: true });
  const lock: Lock = JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8"));
  const contents = await Promise.all(
    Object.entries(entries ?? (await gcfEntries())).map(
      async ([name, source]) =>
        [name, await buildFunction(name, { source, folder: join(outdir, name), lock })] as const,
    ),
  );
  return Object.fromEntries(contents);
}

interface Build {
  readonly source: string;
  readonly folder: string;
  readonly lock: Lock;
}

async function buildFunction(name: string, { source, folder, lock }: Build): Promise<Metafile> {
  await mkdir(folder, { recursive: true });
  const manifest = {
    name: `loosely-${name}`,
    version: lock.version,
    private: true,
    type: "module",
    main: "index.mjs",
    engines: { node: "24" },
    dependencies: { [FRAMEWORK]: entryOf(lock, `node_modules/${FRAMEWORK}`).version },
  };
  await writeFile(join(folder, "package.json"), toJson(manifest));
  await writeFile(join(folder, "package-lock.json"), toJson(toLock(manifest, lock)));
  const stdin = { contents: source, resolveDir: ROOT, sourcefile: `${name}.ts`, loader: "ts" } as const;
  const start = await bundle(folder, { stdin, entryNames: "index" });
  const more = await bundle(folder, { entryPoints: [LATER] });
  return {
    inputs: { ...start.metafile.inputs, ...more.metafile.inputs },
    outputs: { ...start.metafile.outputs, ...more.metafile.outputs },
  };
}

function bundle(folder: string, options: BuildOptions) {
  return build({
    ...options,
    plugins: [later],
    absWorkingDir: ROOT,
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    // What only the first call needs is a file of its own, or its imports would be loaded at the start.
    splitting: true,
    chunkNames: "later/[name]-[hash]",
    bundle: true,
    platform: "node",
    target: "node24",
    supported: { "regexp-unicode-property-escapes": true },
    format: "esm",
    external: [FRAMEWORK],
    sourcemap: true,
    sourcesContent: false,
    legalComments: "none",
    // Names stay, so that other stacks can be read as well.
    minifyWhitespace: true,
    minifySyntax: true,
    metafile: true,
    logLevel: "warning",
    banner: { js: REQUIRE },
  });
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly engines: Readonly<Record<string, string>>;
}

/** The part of our own lock file that the function needs: what is deployed is what was tested. */
function toLock({ name, version, engines, dependencies }: Manifest, lock: Lock): object {
  const packages: Record<string, object> = {};
  const waiting = Object.keys(dependencies).map((dependency): [from: string, dependency: string] => ["", dependency]);
  for (const [from, dependency] of waiting) {
    const path = resolve(from, { dependency, lock });
    if (path === undefined || path in packages) continue;
    const { dev: _dev, optional: _optional, peer: _peer, devOptional: _devOptional, ...entry } = entryOf(lock, path);
    packages[path] = entry;
    for (const next of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }))
      waiting.push([path, next]);
  }
  const sorted = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    name,
    version,
    lockfileVersion: lock.lockfileVersion,
    requires: true,
    packages: { "": { name, version, dependencies, engines }, ...sorted },
  };
}

function entryOf({ packages }: Lock, path: string): Entry {
  const entry = packages[path];
  if (!entry) throw new Error(`package-lock.json: must hold ${path}, holds nothing there`);
  return entry;
}

/** As Node does: the nearest node_modules on the way up. */
function resolve(
  from: string,
  { dependency, lock }: { readonly dependency: string; readonly lock: Lock },
): string | undefined {
  const parts = from === "" ? [] : from.split("/node_modules/");
  const folders = parts.map((_, index) => `${parts.slice(0, parts.length - index).join("/node_modules/")}/`);
  return [...folders, ""].map((folder) => `${folder}node_modules/${dependency}`).find((path) => path in lock.packages);
}

const toJson = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
