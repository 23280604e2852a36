import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";
import { OF_EFFECTS } from "./beside.ts";

/** What hardly an event needs, on every host. One may have a file of its own under that name, which has this one in it. */
export const LATER = "adapters/core/dispatch/later.ts";
/** The file that has it, beside the one that is loaded at the start. */
export const LATER_FILE = "later.mjs";
const CALL = /import\("([./]+(?:\w+\/)*later\.ts)"\)/g;
/** What it is called where it is taken in at once: no name of a source's own may hide it. */
const TAKEN_IN = "takenInAtOnce";

/**
 * Leaves it to a bundle of its own, with a copy of what it shares with the rest. esbuild's `splitting` would put what they share
 * into a third file, which each start would have to load: that takes longer than all that it would be spared.
 */
export const later: Plugin = {
  name: "later",
  setup({ onResolve }) {
    onResolve({ filter: /^\.[\w./]*\/later\.ts$/ }, ({ kind, importer }) =>
      kind === "dynamic-import" && !OF_EFFECTS.test(importer) ? { path: `./${LATER_FILE}`, external: true } : undefined,
    );
  },
};

/** Takes it in at once, for one file that stands alone: imported later, every module beneath it would get a wrapper, 6 KB in all. */
export const atOnce: Plugin = {
  name: "at-once",
  setup({ onLoad }) {
    onLoad({ filter: /\/adapters\/core\/\w+\/[\w-]+\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const [, from] = [...source.matchAll(CALL)][0] ?? [];
      if (from === undefined) return undefined;
      if (source.includes(TAKEN_IN)) throw new Error(`${path}: must not use the name ${TAKEN_IN}`);
      const contents = `import * as ${TAKEN_IN} from "${from}"; ${source.replaceAll(CALL, `Promise.resolve(${TAKEN_IN})`)}`;
      return { contents, loader: "ts" };
    });
  },
};
