import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const PAGE = join(import.meta.dirname, "page");
/** Where the package has it, bundled when it was made. */
const BUNDLED = join(PAGE, "bundled");

/** A file of the page. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array;
  /** The same, by gzip. */
  readonly packed: Uint8Array;
}

/** Their names; "" is the page itself. */
const NAMES = ["", "page.js", "page.css"] as const;
type Page = Readonly<Record<(typeof NAMES)[number], PageFile>>;

/**
 * Bundles the page when it is first asked for, which takes a fraction of a second: it needs no build of its own, and costs the start of
 * the system nothing.
 *
 * in      the name of a file; "": the page itself
 * out     undefined for what is none of its files
 * throws  Error with what is wrong in its sources
 */
export function createPage(): (name: string) => Promise<PageFile> | undefined {
  let bundled: Promise<Page> | undefined;
  return (asked) => {
    const name = NAMES.find((each) => each === asked);
    if (name === undefined) return undefined;
    bundled ??= load().catch((error: unknown) => {
      // Whoever mends it asks again.
      bundled = undefined;
      throw error;
    });
    return bundled.then((page) => page[name]);
  };
}

async function load(): Promise<Page> {
  const files = existsSync(BUNDLED) ? await readBundled() : await bundlePage();
  return {
    "": await toFile("text/html", files["index.html"]),
    "page.js": await toFile("text/javascript", files["page.js"]),
    "page.css": await toFile("text/css", files["page.css"]),
  };
}

const FILES = ["index.html", "page.js", "page.css"] as const;
type Files = Readonly<Partial<Record<(typeof FILES)[number], Uint8Array>>>;

async function readBundled(): Promise<Files> {
  const files = FILES.map(async (name) => [name, await readFile(join(BUNDLED, name))] as const);
  return Object.fromEntries(await Promise.all(files));
}

/** out: what it consists of, by file. throws: Error with what is wrong in its sources */
export async function bundlePage(): Promise<Files> {
  const { build, stop } = await import("esbuild");
  const [html, { outputFiles }] = await Promise.all([
    readFile(join(PAGE, "index.html")),
    build({
      entryPoints: [
        { in: join(PAGE, "main.tsx"), out: "page" },
        { in: join(PAGE, "page.css"), out: "page" },
      ],
      outdir: PAGE,
      write: false,
      bundle: true,
      minify: true,
      format: "esm",
      target: "es2022",
      charset: "utf8",
      legalComments: "none",
      logLevel: "silent",
    }),
  ]).finally(
    // It leaves a process behind, for the next one.
    stop,
  );
  const ending = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.contents ?? new Uint8Array();
  return { "index.html": html, "page.js": ending(".js"), "page.css": ending(".css") };
}

async function toFile(type: string, bytes: Uint8Array = new Uint8Array()): Promise<PageFile> {
  return { type: `${type}; charset=utf-8`, bytes, packed: await promisify(gzip)(bytes) };
}
