import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";

/** What is built of one function for one host. */
export interface Bundle {
  /** Of the file that is loaded at the start. */
  readonly startBytes: number;
  /** Of all files of code. */
  readonly bytes: number;
  readonly packages: readonly string[];
  /** It has what says an event later. */
  readonly saysLater: boolean;
}

/** By host as `dist` calls it, then by function: esbuild's metafiles. */
export type Contents = Readonly<Record<BuiltHost, Readonly<Record<string, Metafile>>>>;
export type BuiltHost = "dapr" | "gcf" | "lambda";

const AFTER = "functions/kernel/after.ts";

/** out: undefined where nothing is built there */
export function readContents(dist: string): Contents | undefined {
  const file = join(dist, "contents.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Contents) : undefined;
}

/** out: undefined for what was not built: it came since */
export function bundleOf(
  contents: Contents,
  { host, name }: { readonly host: BuiltHost; readonly name: string },
): Bundle | undefined {
  const built = contents[host][name];
  if (!built) return undefined;
  const code = Object.entries(built.outputs).filter(([file]) => file.endsWith(".mjs"));
  const isStart = (file: string) => /(^|\/)index\.mjs$/.test(file) || file.endsWith(`/${name}.mjs`);
  const inputs = code.flatMap(([, output]) => Object.keys(output.inputs));
  const packages = inputs.flatMap((path) => path.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1] ?? []);
  return {
    startBytes: code.find(([file]) => isStart(file))?.[1].bytes ?? 0,
    bytes: code.reduce((sum, [, { bytes }]) => sum + bytes, 0),
    packages: [...new Set(packages)].sort(),
    saysLater: inputs.includes(AFTER),
  };
}
