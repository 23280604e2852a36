import { mkdir, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";
import { buildLambda } from "./deploy/aws/build.ts";
import { daprEntries } from "./deploy/entries.ts";
import { buildGcf } from "./deploy/gcloud/build.ts";
import { atOnce } from "./deploy/later.ts";

const common = {
  bundle: true,
  platform: "node",
  target: "node24",
  supported: { "regexp-unicode-property-escapes": true },
  format: "esm",
  sourcemap: true,
  legalComments: "none",
  // Names stay, so that stacks can be read without the map.
  minifyWhitespace: true,
  minifySyntax: true,
  metafile: true,
  write: true,
  logLevel: "warning",
  // CommonJS packages inside an ES module call require for what Node brings.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
};

/**
 * One file per service, for a container beside any sidecar.
 *
 * out  what is in each, by service: esbuild's metafile
 */
async function buildDapr(outdir) {
  await rm(outdir, { recursive: true, force: true });
  await mkdir(outdir, { recursive: true });
  const built = await Promise.all(
    Object.entries(await daprEntries()).map(async ([service, contents]) => {
      const { metafile } = await build({
        ...common,
        plugins: [atOnce],
        stdin: {
          contents,
          resolveDir: import.meta.dirname,
          sourcefile: `${service}.ts`,
          loader: "ts",
        },
        outfile: `${outdir}/${service}.mjs`,
      });
      return [service, metafile];
    }),
  );
  return Object.fromEntries(built);
}

/** Dapr's own client for whoever asks for it: CommonJS, since as an ES module it does not load, and in no other bundle. */
async function buildSdk(outdir) {
  const { banner: _, ...options } = common;
  const { metafile } = await build({
    ...options,
    format: "cjs",
    entryPoints: ["adapters/dapr/sdk.ts"],
    outfile: `${outdir}/sdk.cjs`,
  });
  return metafile;
}

const outdir = process.argv[2] ?? "dist";
const contents = {
  dapr: await buildDapr(`${outdir}/dapr`),
  sdk: await buildSdk(`${outdir}/dapr`),
  lambda: await buildLambda(`${outdir}/lambda`),
  gcf: await buildGcf(`${outdir}/gcf`),
};
await writeFile(`${outdir}/contents.json`, JSON.stringify(contents));
