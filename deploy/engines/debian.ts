import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CACHE, run } from "./engine.ts";

interface DebianOptions {
  /** What is wanted; what it needs and this machine has not comes with it. */
  readonly packages: readonly [string, ...string[]];
  /** Where the files go, laid out as under `/`. */
  readonly into: string;
  readonly say: (line: string) => void;
}

let listed: Promise<string> | undefined;

/**
 * Unpacks Debian packages into a folder: nothing is installed, started or changed on the machine, and no root is needed.
 *
 * throws  where there is no apt-get, with what it said last
 */
export async function unpackDebian({ packages, into, say }: DebianOptions): Promise<void> {
  const partial = `${into}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  listed ??= updateLists(say);
  await listed;
  const wanted = await run(["apt-get", ...OPTIONS, "install", "-y", "--no-install-recommends", "-s", ...packages]);
  const missing = [...wanted.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] as string);
  // Simulated with what is installed: the packages themselves are wanted in any case.
  const names = [...new Set([...packages, ...missing])];
  say(`downloading ${names.length} Debian packages`);
  await run(["apt-get", ...OPTIONS, "download", ...names], { cwd: partial });
  for (const file of readdirSync(partial).filter((name) => name.endsWith(".deb"))) {
    await run(["dpkg-deb", "-x", join(partial, file), partial]);
    rmSync(join(partial, file));
  }
  rmSync(into, { recursive: true, force: true });
  renameSync(partial, into);
}

/** For programs that are not where their packages put them. */
export function debianEnvironment(root: string): Readonly<Record<string, string>> {
  const libraries = ["usr/lib", "lib"].flatMap((folder) =>
    existsSync(join(root, folder))
      ? readdirSync(join(root, folder))
          .filter((name) => name.includes("-linux-"))
          .map((name) => join(root, folder, name))
      : [],
  );
  return {
    LD_LIBRARY_PATH: libraries.join(":"),
    PATH: `${["usr/bin", "usr/sbin"].map((folder) => join(root, folder)).join(":")}:${process.env.PATH}`,
  };
}

const LISTS = join(CACHE, "apt");
/** Lists of our own: those of the machine may be missing, and only root may renew them. */
const OPTIONS = [
  "-q",
  "-o",
  `Dir::State::Lists=${join(LISTS, "lists")}`,
  "-o",
  `Dir::Cache=${join(LISTS, "cache")}`,
  "-o",
  "Debug::NoLocking=1",
  "-o",
  "APT::Sandbox::User=",
];

async function updateLists(say: (line: string) => void): Promise<string> {
  for (const folder of ["lists/partial", "cache/archives/partial"]) mkdirSync(join(LISTS, folder), { recursive: true });
  say("reading Debian's package lists");
  return run(["apt-get", ...OPTIONS, "update"]);
}
