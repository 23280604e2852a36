import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Metafile } from "esbuild";

const HELP = `node deploy/bench/bundle-sizes.ts [--renew]

The size of each bundle that npm run build has left in dist/, and how much it has grown since the commit whose sizes are
written down in deploy/bench/bundle-sizes.json.

  --renew  writes down the sizes as they are now, as those of the commit that is checked out: before a change begins
`;

const BASE = join(import.meta.dirname, "bundle-sizes.json");
const BUILT = join(import.meta.dirname, "../../dist/contents.json");

/** In bytes, by name: `lambda/order`. */
type Sizes = Readonly<Record<string, number>>;

interface Base {
  readonly commit: string;
  readonly sizes: Sizes;
}

type Contents = Readonly<Record<string, Readonly<Record<string, Metafile>> | Metafile>>;

/** in: what esbuild.config.mjs says that it has built */
function toSizes(contents: Contents): Sizes {
  const sizes = Object.entries(contents).flatMap(([host, built]) =>
    isMetafile(built)
      ? [[host, codeIn(built)] as const]
      : Object.entries(built).map(([name, each]) => [`${host}/${name}`, codeIn(each)] as const),
  );
  return Object.fromEntries(sizes);
}

const isMetafile = (built: Readonly<Record<string, Metafile>> | Metafile): built is Metafile => "outputs" in built;

/** What is loaded later included; maps are not. */
const codeIn = ({ outputs }: Metafile): number =>
  Object.entries(outputs).reduce((sum, [file, { bytes }]) => sum + (file.endsWith(".map") ? 0 : bytes), 0);

/** out: Markdown */
function toTable(now: Sizes, { commit, sizes: before }: Base): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const rows = names.map((name) => {
    const [size, old] = [now[name], before[name]];
    return [name, size?.toLocaleString("en") ?? "", toChange(size, old)];
  });
  const head = ["bundle", "bytes", `since ${commit}`];
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Of a bundle that there was, and is. */
function toChange(size: number | undefined, old: number | undefined): string {
  if (old === undefined) return "new";
  if (size === undefined) return "gone";
  const grown = size - old;
  return `${grown > 0 ? "+" : ""}${grown.toLocaleString("en")}`;
}

const { values } = parseArgs({
  options: { renew: { type: "boolean", default: false }, help: { type: "boolean", default: false } },
});
const read = (file: string) => JSON.parse(readFileSync(file, "utf8"));
if (values.help) process.stdout.write(HELP);
else if (values.renew) {
  const commit = execFileSync("git", ["rev-parse", "--short=7", "HEAD"], { encoding: "utf8" }).trim();
  writeFileSync(BASE, `${JSON.stringify({ commit, sizes: toSizes(read(BUILT)) }, null, 2)}\n`);
} else process.stdout.write(`${toTable(toSizes(read(BUILT)), read(BASE))}\n`);
