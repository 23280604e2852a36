import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin } from "esbuild";
import { type MinifyOptions, minify } from "terser";
import { beside, REQUIRE, requireNoCopy } from "../beside.ts";
import { type Entries, lambdaEntries } from "../entries.ts";
import { LATER_FILE, later } from "../later.ts";
import { toZip } from "./zip.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Core's, and what Lambda has beside it. */
const LATER = "adapters/lambda/later.ts";
interface LambdaOptions {
  /** What each zip is made of: a module that exports `handler`. Left out: those of our system. */
  readonly entries?: Entries;
  /** What they need to be told apart from ours. */
  readonly esbuild?: Pick<BuildOptions, "banner" | "minifyIdentifiers" | "nodePaths" | "plugins">;
}

/**
 * One zip per function, ready for Lambda: its Handler is `index.handler`. Byte-identical for the same source.
 *
 * out  what is in each, by name: esbuild's metafile
 */
export async function buildLambda(
  outdir: string,
  { entries, esbuild = {} }: LambdaOptions = {},
): Promise<Readonly<Record<string, Metafile>>> {
  await rm(outdir, { recursive: true, force: true });
  await mkdir(outdir, { recursive: true });
  const contents = await Promise.all(
    Object.entries(entries ?? (await lambdaEntries())).map(async ([name, source]) => {
      const stdin = { contents: source, resolveDir: ROOT, sourcefile: `${name}.ts`, loader: "ts" } as const;
      const { plugin, among } = beside();
      const { plugins = [builtins] } = esbuild;
      const start = await bundle("index.mjs", { ...esbuild, plugins: [plugin, ...plugins], stdin });
      const hasMore = start.metafile.outputs["index.mjs"]?.imports.some(({ path }) => path === `./${LATER_FILE}`);
      const built = hasMore
        ? [start, await bundle(LATER_FILE, { ...esbuild, plugins, entryPoints: [LATER] })]
        : [start];
      for (const [file, from] of among(start.metafile)) built.push(await bundleEffect(file, from));
      const metafile = {
        inputs: Object.assign({}, ...built.map((one) => one.metafile.inputs)),
        outputs: Object.assign({}, ...built.map((one) => one.metafile.outputs)),
      };
      const files = built.flatMap(({ files: some }) => some).sort(([a], [b]) => (a < b ? -1 : 1));
      await writeFile(join(outdir, `${name}.zip`), toZip(files));
      return [name, metafile] as const;
    }),
  );
  return Object.fromEntries(contents);
}

const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: "node",
  target: "node24",
  // Or a literal with them, in whatever package, becomes a call that is kept though nothing uses it, and compiled at each start.
  supported: { "regexp-unicode-property-escapes": true },
  format: "esm",
  minifySyntax: true,
  minifyWhitespace: true,
  // Lambda reads the map only where NODE_OPTIONS has --enable-source-maps, the function where it logs an error, people at any time.
  sourcemap: true,
  sourcesContent: false,
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  write: false,
  logLevel: "warning",
} as const satisfies BuildOptions;

interface Bundle {
  readonly files: readonly (readonly [name: string, content: Buffer])[];
  readonly metafile: Metafile;
}

/** Packages of others are in it: nothing is done to it that is safe only with our own code, and Node's modules come as they are. */
async function bundleEffect(outfile: string, source: string): Promise<Bundle> {
  const { metafile, outputFiles } = await build({
    ...COMMON,
    banner: { js: REQUIRE },
    entryPoints: [source],
    outfile,
  });
  requireNoCopy(metafile);
  const files = outputFiles.map(({ path, contents }) => [basename(path), Buffer.from(contents)] as const);
  return { files, metafile };
}

async function bundle(outfile: string, { plugins = [], banner, ...esbuild }: BuildOptions): Promise<Bundle> {
  const isReadable = esbuild.minifyIdentifiers === false;
  const { metafile, outputFiles } = await build({
    ...COMMON,
    minifyIdentifiers: true,
    ...esbuild,
    banner: isReadable ? (banner ?? {}) : { ...banner, js: `${banner?.js ?? ""}${UNDEFINED}` },
    plugins: [later, ...plugins],
    outfile,
    metafile: true,
    write: false,
  });
  const textOf = (name: string) => outputFiles.find(({ path }) => basename(path) === name)?.text ?? "";
  const mapName = `${outfile}.map`;
  const smaller = isReadable
    ? undefined
    : await minify(textOf(outfile), { ...SMALLER, sourceMap: { content: textOf(mapName), url: mapName } });
  const { code = textOf(outfile), map = textOf(mapName) } = smaller ?? {};
  const files = [
    [outfile, Buffer.from(code)],
    [mapName, Buffer.from(String(map))],
  ] as const;
  const output = metafile.outputs[outfile];
  const outputs = output
    ? { ...metafile.outputs, [outfile]: { ...output, bytes: files[0][1].length } }
    : metafile.outputs;
  return { files, metafile: { ...metafile, outputs } };
}

/** A variable of the module that nobody ever sets: its name has one letter where `void 0` has six, a hundred times. */
const UNDEFINED = "var undefined;";

/**
 * Four percent less to load at each start: functions that are called in one place are no functions any more, those that are values are
 * arrows, the others stand first, so that all variables are declared at once, and text is joined by `+`. Unsafe where one of these is
 * called by `new`, where reading a property does something, or where what is made text has a `valueOf` of its own, which is nowhere.
 */
const SMALLER: MinifyOptions = {
  module: true,
  ecma: 2020,
  compress: {
    passes: 5,
    pure_getters: true,
    unsafe: true,
    unsafe_arrows: true,
    hoist_funs: true,
    unsafe_undefined: true,
  },
  format: { comments: false },
};

/** What is used of Node's modules. */
const USED: Readonly<Record<string, readonly string[]>> = {
  "node:buffer": ["isAscii", "isUtf8"],
  "node:crypto": ["createHmac", "hash", "randomUUID"],
  "node:fs": ["appendFileSync", "readFileSync"],
};

/**
 * Importing one of Node's modules wakes everything that it would load lazily, 2 ms for `node:fs` alone, and `node:crypto`
 * takes 3 ms itself. So they are loaded when a function of theirs is called.
 */
export const builtins: Plugin = {
  name: "builtins",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path }) =>
      path in USED ? { path, namespace: "builtin", sideEffects: false } : { path, external: true },
    );
    onLoad({ filter: /./, namespace: "builtin" }, ({ path }) => ({
      contents: [
        `const load = () => process.getBuiltinModule("${path}");`,
        ...(USED[path] ?? []).map((name) => `export const ${name} = (...given) => load().${name}(...given);`),
      ].join("\n"),
    }));
  },
};
