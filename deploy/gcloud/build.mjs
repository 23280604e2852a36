import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const FUNCTIONS = ["order", "billing", "notification", "shipping", "orders"];
const FRAMEWORK = "@google-cloud/functions-framework";
const ROOT = join(import.meta.dirname, "../..");

/**
 * One folder per function for `gcloud functions deploy --source`: the bundle, a package.json that wants the framework and
 * nothing else, its lock file. The framework stays outside: a second copy of it would have a registry of its own, in which
 * nobody looks.
 *
 * out     what is in each bundle, by function: esbuild's metafile
 * source  buildpacks, cmd/nodejs: `main` of package.json, `npm ci` where there is a lock file, no `build` script
 */
export async function buildGcf(outdir) {
  await rm(outdir, { recursive: true, force: true });
  const lock = JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8"));
  const results = await Promise.all(FUNCTIONS.map((name) => buildFunction(name, { folder: join(outdir, name), lock })));
  return Object.fromEntries(FUNCTIONS.map((name, index) => [name, results[index]]));
}

async function buildFunction(name, { folder, lock }) {
  await mkdir(folder, { recursive: true });
  const manifest = {
    name: `loosely-${name}`,
    version: lock.version,
    private: true,
    type: "module",
    main: "index.mjs",
    engines: { node: "24" },
    dependencies: { [FRAMEWORK]: lock.packages[`node_modules/${FRAMEWORK}`].version },
  };
  await writeFile(join(folder, "package.json"), toJson(manifest));
  await writeFile(join(folder, "package-lock.json"), toJson(toLock(manifest, lock)));
  const { metafile } = await build({
    stdin: {
      contents: `import { registerService } from "./adapters/gcf/service.ts"; registerService("${name}");`,
      resolveDir: ROOT,
      sourcefile: `${name}.ts`,
      loader: "ts",
    },
    absWorkingDir: ROOT,
    outfile: join(folder, "index.mjs"),
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    external: [FRAMEWORK],
    sourcemap: true,
    sourcesContent: false,
    legalComments: "none",
    // Names stay, so that stacks can be read without the map.
    minifyWhitespace: true,
    minifySyntax: true,
    metafile: true,
    logLevel: "warning",
    // CommonJS packages inside an ES module call require for what Node brings.
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  return metafile;
}

/** The part of our own lock file that the function needs: what is deployed is what was tested. */
function toLock({ name, version, engines, dependencies }, lock) {
  const packages = {};
  const waiting = Object.keys(dependencies).map((dependency) => ["", dependency]);
  for (const [from, dependency] of waiting) {
    const path = resolve(from, { dependency, lock });
    if (path === undefined || path in packages) continue;
    const { dev: _dev, optional: _optional, peer: _peer, devOptional: _devOptional, ...entry } = lock.packages[path];
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

/** As Node does: the nearest node_modules on the way up. */
function resolve(from, { dependency, lock }) {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf("/node_modules/")))) {
    const path = base === "" ? `node_modules/${dependency}` : `${base}/node_modules/${dependency}`;
    if (path in lock.packages) return path;
    if (base === "") return undefined;
  }
}

const toJson = (value) => `${JSON.stringify(value, null, 2)}\n`;
