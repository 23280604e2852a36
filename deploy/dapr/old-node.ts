import type { Plugin } from "esbuild";

/** What `node <file>` says where Node is too old, instead of a stack. After the imports, which an ES module has done by then. */
export const REQUIRE_NODE_24 = `if (Number(process.versions.node.split(".")[0]) < 24) {
  process.stderr.write(\`This needs Node 24, and here is \${process.versions.node}: npx node finds the one that npm ci has brought.\\n\`);
  process.exit(1);
}`;

/** What an old Node has not can be no import: it would fail before anything could be said. */
export const askForSqlite: Plugin = {
  name: "ask for node:sqlite",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:sqlite$/ }, ({ path }) => ({ path, namespace: "asked-for" }));
    onLoad({ filter: /./, namespace: "asked-for" }, ({ path }) => ({
      contents: `export const { DatabaseSync } = process.getBuiltinModule?.("${path}") ?? {};`,
    }));
  },
};
