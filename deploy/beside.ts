import { basename, join } from "node:path";
import type { Metafile, Plugin } from "esbuild";

/** The files of effects, of whatever system. */
export const OF_EFFECTS = /\/effects\/[\w-]+\.ts$/;
/** Where `Dead` is. */
const OUTCOME = "functions/kernel/outcome.ts";

/** Files that lie beside the one that is loaded at the start: where each comes from, by its name. */
export interface Beside {
  readonly plugin: Plugin;
  /** in: what the files so far import. out: those of them that lie beside, and what each is made of */
  readonly among: (metafile: Metafile) => readonly (readonly [file: string, source: string])[];
}

/**
 * Leaves what an effect imports by `import("./file.ts")` to a file of its own, which has a copy of what it shares with the rest: the
 * package that it is about is loaded with the first call. No function's bundle can have its name, `file.effect.mjs`.
 */
export function beside(): Beside {
  const sources = new Map<string, string>();
  const plugin: Plugin = {
    name: "beside",
    setup({ onResolve }) {
      onResolve({ filter: /^\.[\w./-]*\.ts$/ }, ({ kind, importer, path, resolveDir }) => {
        if (kind !== "dynamic-import" || !OF_EFFECTS.test(importer)) return undefined;
        const file = `${basename(path, ".ts")}.effect.mjs`;
        const source = join(resolveDir, path);
        if ((sources.get(file) ?? source) !== source)
          throw new Error(`${importer}: must import a file whose name no other has, got ${path}`);
        sources.set(file, source);
        return { path: `./${file}`, external: true };
      });
    },
  };
  const among = ({ outputs }: Metafile) => {
    const imported = Object.values(outputs).flatMap(({ imports }) =>
      imports.map(({ path }) => path.slice("./".length)),
    );
    return [...sources].filter(([file]) => imported.includes(file)).sort(([a], [b]) => (a < b ? -1 : 1));
  };
  return { plugin, among };
}

/** throws: Error where a file that lies beside has a class that the other asks of an error: the copy would be another one. */
export function requireNoCopy({ outputs }: Metafile): void {
  for (const [file, { inputs }] of Object.entries(outputs))
    if (OUTCOME in inputs)
      throw new Error(
        `${file}: must leave it to the file that imports it to throw Dead, which would be another class here`,
      );
}

/** Of ES modules in which there is CommonJS: it calls require for what Node brings. */
export const REQUIRE = 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
