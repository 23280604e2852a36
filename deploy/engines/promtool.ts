import { existsSync } from "node:fs";
import { join } from "node:path";
import { unpackDebian } from "./debian.ts";
import { CACHE, type Engine, run } from "./engine.ts";

const FOLDER = join(CACHE, "prometheus-2");
const PROGRAM = join(FOLDER, "usr/bin/promtool");

export const promtool: Engine = {
  name: "promtool",
  missing: () => (existsSync(PROGRAM) ? undefined : "promtool: not installed, run npm run engines -- --only promtool"),
  async install(say) {
    if (!existsSync(PROGRAM)) await unpackDebian({ packages: ["prometheus"], into: FOLDER, say });
  },
};

/** What Prometheus's own tool says. throws: with what is wrong */
export const askPromtool = (args: readonly string[]): Promise<string> => run([PROGRAM, ...args]);
