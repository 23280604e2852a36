import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { bundlePage } from "../../adapters/local/console/page-bundle.ts";
import { type Own, toManifest } from "./manifest.ts";

const ROOT = join(import.meta.dirname, "../..");
const TSC = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");

/** Modules that name this repository's own system, and what stands in their place: it finds the system of the project. */
const SUBSTITUTES = {
  "functions/index": "system",
  "functions/events/index": "catalogue",
  "adapters/effects/index": "effects",
  "adapters/local/runnable": "runnable",
} as const;
/** What nothing of the package needs once they do. */
const OURS = /^(functions\/(?!kernel\/|events\/sampled\.)|adapters\/effects\/).*\.(js|ts|map)$/;
const BESIDE = ["adapters/local/console/clock.mjs", "adapters/local/template"];
const PAGE = "adapters/local/console/page/bundled";

/** How the package looks to who installs it. */
export interface Built {
  readonly folder: string;
  readonly tarball: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
  /** Bytes. */
  readonly packed: number;
  readonly unpacked: number;
}

/**
 * Compiles the package's entries and what they need into a folder, with types and source maps, and packs it.
 *
 * in      into: a folder for both; what is in it is removed
 * throws  Error with what the compiler or npm says
 */
export async function buildPackage(into: string): Promise<Built> {
  const folder = join(into, "package");
  rmSync(into, { recursive: true, force: true });
  for (const config of ["tsconfig.json", "tsconfig.commands.json"])
    run([TSC, "-p", join(import.meta.dirname, config), "--outDir", folder]);
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" }))
    if (OURS.test(path)) rmSync(join(folder, path));
  for (const [path, name] of Object.entries(SUBSTITUTES)) {
    const file = join(folder, `${path}.js`);
    const from = relative(dirname(file), join(folder, "deploy/package/substitutes", `${name}.js`));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `export * from ${JSON.stringify(from)};\n`);
  }
  for (const path of [...BESIDE, ...globSync("deploy/dapr/{resources,brokers/redis}/*.yaml", { cwd: ROOT })])
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  mkdirSync(join(folder, PAGE), { recursive: true });
  for (const [name, bytes] of Object.entries(await bundlePage())) writeFileSync(join(folder, PAGE, name), bytes);
  const own = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Own;
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(toManifest(own), null, 2)}\n`);
  copyFileSync(join(import.meta.dirname, "README.md"), join(folder, "README.md"));
  copyFileSync(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  const said = execFileSync("npm", ["pack", "--json", "--pack-destination", into], { cwd: folder, encoding: "utf8" });
  // A list in npm up to 11, by name from there on.
  const [packed] = Object.values(JSON.parse(said) as Record<string, Packed>);
  if (!packed) throw new Error(`npm pack: said ${said}`);
  const { filename, files, size, unpackedSize } = packed;
  return { folder, tarball: join(into, filename), files, packed: size, unpacked: unpackedSize };
}

interface Packed {
  readonly filename: string;
  readonly files: Built["files"];
  readonly size: number;
  readonly unpackedSize: number;
}

function run(args: readonly string[]): void {
  try {
    execFileSync(process.execPath, args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  } catch (error) {
    throw new Error(`the package does not compile:\n${(error as { readonly stdout: string }).stdout}`, {
      cause: error,
    });
  }
}
