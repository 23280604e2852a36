import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Of who uses the package: where its commands are called. */
export const PROJECT = process.cwd();

/**
 * What a module of the project exports. TypeScript is run by Node as it is.
 *
 * in      path: without its extension
 * throws  Error that names the file and what it must export
 */
export async function exportOf<Value>(path: string, name: string): Promise<Value> {
  const found = await optional<Value>(path, name);
  if (found === undefined) throw new Error(`${path}.ts: must be there and export ${name}`);
  return found;
}

/** The same of what need not be there. */
export async function optional<Value>(path: string, name: string): Promise<Value | undefined> {
  const file = [".ts", ".js"].map((extension) => join(PROJECT, path + extension)).find((each) => existsSync(each));
  if (file === undefined) return undefined;
  return ((await import(pathToFileURL(file).href)) as Readonly<Record<string, Value>>)[name];
}
