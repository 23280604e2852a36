import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { beside, REQUIRE, requireNoCopy } from "../beside.ts";
import { daprEntries, type Entries } from "../entries.ts";
import { atOnce } from "../later.ts";
import { packagesUnmapped } from "../maps.ts";
import { askForSqlite, REQUIRE_NODE_24 } from "./old-node.ts";
import { byName, leftOut, onDemand } from "./spared.ts";

const ROOT = join(import.meta.dirname, "../..");

const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: "node",
  target: "node24",
  supported: { "regexp-unicode-property-escapes": true },
  format: "esm",
  // Beside the bundle, for the stacks that are logged: adapters/core/dispatch/stack.ts.
  sourcemap: true,
  sourcesContent: false,
  legalComments: "none",
  // Names stay, so that other stacks can be read as well.
  minifyWhitespace: true,
  minifySyntax: true,
  write: true,
  logLevel: "warning",
};

/**
 * One file per function, for a container beside any sidecar, and one for what an effect imports later.
 *
 * in   entries: what each is made of, a module that runs it; left out: those of our system
 * out  what is in each, by function: esbuild's metafile
 */
export async function buildDapr(outdir: string, entries?: Entries): Promise<Readonly<Record<string, Metafile>>> {
  await rm(outdir, { recursive: true, force: true });
  await mkdir(outdir, { recursive: true });
  const built = await Promise.all(
    Object.entries(entries ?? (await daprEntries())).map(async ([service, contents]) => {
      const { plugin, among } = beside();
      const { metafile: start } = await build({
        ...COMMON,
        metafile: true,
        banner: { js: `${REQUIRE}\n${REQUIRE_NODE_24}` },
        plugins: [atOnce, plugin, askForSqlite, leftOut(), onDemand, byName, packagesUnmapped],
        stdin: { contents, resolveDir: ROOT, sourcefile: `${service}.ts`, loader: "ts" },
        outfile: join(outdir, `${service}.mjs`),
      });
      const more = await Promise.all(among(start).map(([file, source]) => buildBeside(source, join(outdir, file))));
      const inputs = Object.assign({}, ...[start, ...more].map((one) => one.inputs));
      const outputs = Object.assign({}, ...[start, ...more].map((one) => one.outputs));
      return [service, { inputs, outputs }] as const;
    }),
  );
  return Object.fromEntries(built);
}

/** Of the same source the same file, whichever function imports it. */
async function buildBeside(source: string, outfile: string): Promise<Metafile> {
  const { metafile } = await build({
    ...COMMON,
    metafile: true,
    banner: { js: REQUIRE },
    plugins: [packagesUnmapped],
    entryPoints: [source],
    outfile,
  });
  requireNoCopy(metafile);
  return metafile;
}

/** Dapr's own client for whoever asks for it: CommonJS, since as an ES module it does not load, and in no other bundle. */
export async function buildSdk(outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    ...COMMON,
    metafile: true,
    format: "cjs",
    plugins: [packagesUnmapped],
    entryPoints: [join(ROOT, "adapters/dapr/sdk.ts")],
    outfile: join(outdir, "sdk.cjs"),
  });
  return metafile;
}
