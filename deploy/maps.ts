import { readFile } from "node:fs/promises";
import type { Plugin } from "esbuild";

const NOWHERE = JSON.stringify({ version: 3, sources: [""], names: [], mappings: "AAAA" });
const MAPPED_NOWHERE = `\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(NOWHERE).toString("base64")}`;

/**
 * Packages get no lines in a bundle's map, whose own code is then a fifth of it: it is read whole where an error is told, and nobody
 * mends their lines here.
 */
export const packagesUnmapped: Plugin = {
  name: "packages-unmapped",
  setup({ onLoad }) {
    onLoad({ filter: /\/node_modules\/.*\.[cm]?js$/ }, async ({ path }) => ({
      contents: `${await readFile(path, "utf8")}${MAPPED_NOWHERE}`,
      loader: "default",
    }));
  },
};
