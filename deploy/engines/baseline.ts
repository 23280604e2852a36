import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CACHE, type Engine, run } from "./engine.ts";

/** What shipped before bulks were the way through a sidecar: figures are held against it. */
const COMMIT = "1961611de06d2677cbbd99aafedec0947e7d437a";
export const SHORT = COMMIT.slice(0, 7);
const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(CACHE, `build-${SHORT}`);

/** Its services, one file each, and the folder with its YAML, as both shipped. */
export const BASELINE = { services: join(FOLDER, "services"), deployed: join(FOLDER, "dapr") };

const hasCommit = (): boolean => spawnSync("git", ["-C", ROOT, "cat-file", "-e", `${COMMIT}^{commit}`]).status === 0;

/** A build of this project from its own history. */
export const baseline: Engine = {
  name: "baseline",
  missing() {
    if (existsSync(FOLDER)) return undefined;
    return hasCommit()
      ? "baseline: not built, run npm run engines -- --only baseline"
      : `baseline: the git history of this project has no commit ${SHORT}`;
  },
  async install(say) {
    if (existsSync(FOLDER)) return;
    if (!hasCommit()) throw new Error(baseline.missing());
    say(`building commit ${SHORT} (half a minute)`);
    const source = mkdtempSync(join(tmpdir(), "loosely-baseline-"));
    try {
      await run(["git", "-C", ROOT, "archive", "--output", join(source, "source.tar"), COMMIT]);
      await run(["tar", "-xf", "source.tar"], { cwd: source });
      await run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: source });
      await run([process.execPath, "esbuild.config.mjs", "made"], { cwd: source });
      const partial = `${FOLDER}.partial`;
      rmSync(partial, { recursive: true, force: true });
      mkdirSync(partial, { recursive: true });
      await cp(join(source, "made/dapr"), join(partial, "services"), { recursive: true });
      await cp(join(source, "deploy/dapr"), join(partial, "dapr"), { recursive: true });
      renameSync(partial, FOLDER);
    } finally {
      rmSync(source, { recursive: true, force: true });
    }
  },
};
