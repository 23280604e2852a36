import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { constants, gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { COMMIT, PACKED } from "./old-build.ts";

// Makes services.mjs.gz again, which takes npm's registry and a minute: node deploy/e2e/upgrade/old-build/make.ts

/** What tests use of it. */
const CONTENTS = `
  export { runService } from "./adapters/dapr/service.ts";
  export { dispatch } from "./adapters/core/dispatch/dispatch.ts";
  export { createSqliteLedger } from "./adapters/core/ledger/sqlite-ledger.ts";
  export { createFunctions } from "./functions/index.ts";
`;

/** As esbuild.config.mjs did at that commit, but without names and map. */
const OPTIONS = {
  bundle: true,
  platform: "node",
  target: "node24",
  format: "esm",
  legalComments: "none",
  minify: true,
  metafile: true,
  write: false,
  logLevel: "warning",
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
} as const;

const ROOT = join(import.meta.dirname, "../../../..");
const folder = mkdtempSync(join(tmpdir(), "loosely-old-build-"));
const git = (...args: readonly string[]) => execFileSync("git", args, { cwd: ROOT, stdio: "inherit" });

git("worktree", "add", "--detach", folder, COMMIT);
try {
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder, stdio: "inherit" });
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    absWorkingDir: folder,
    stdin: { contents: CONTENTS, resolveDir: folder, sourcefile: "old-build.ts", loader: "ts" },
  });
  const code = `${outputFiles[0]?.text}\n${licencesOf(metafile)}`;
  writeFileSync(PACKED, gzipSync(code, { level: constants.Z_BEST_COMPRESSION }));
} finally {
  git("worktree", "remove", "--force", folder);
  rmSync(folder, { recursive: true, force: true });
}

/** out: the licences of all packages in it, as comments */
function licencesOf({ inputs }: Metafile): string {
  const packages = new Set(
    Object.keys(inputs).flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []),
  );
  return [...packages]
    .sort()
    .map((path) => {
      const licence = readdirSync(join(folder, path)).find((file) => /^licen[cs]e/i.test(file));
      const { version, license } = manifestOf(path);
      const text = licence ? readFileSync(join(folder, path, licence), "utf8") : license;
      return `/*\n${path.replace(/^.*node_modules\//, "")} ${version}\n${text.replaceAll("*/", "* /")}\n*/`;
    })
    .join("\n");
}

function manifestOf(path: string): { readonly version: string; readonly license: string } {
  return JSON.parse(readFileSync(join(folder, path, "package.json"), "utf8"));
}
