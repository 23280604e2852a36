import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { type Own, toManifest } from "./manifest.ts";

const ROOT = join(import.meta.dirname, "../..");
const require = createRequire(import.meta.url);

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
export function buildPackage(into: string): Built {
  const folder = join(into, "package");
  rmSync(into, { recursive: true, force: true });
  run([
    join(dirname(require.resolve("typescript/package.json")), "bin/tsc"),
    "-p",
    import.meta.dirname,
    "--outDir",
    folder,
  ]);
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
