import { existsSync } from "node:fs";
import { join } from "node:path";
import { debianEnvironment, unpackDebian } from "./debian.ts";
import { CACHE, type Engine } from "./engine.ts";

const FOLDER = join(CACHE, "chromium");
const PROGRAM = join(FOLDER, "usr/lib/chromium/chromium");

/** A real browser, for the console's page. */
export const chromium: Engine = {
  name: "chromium",
  missing: () => (existsSync(PROGRAM) ? undefined : "chromium: not installed, run npm run engines -- --only chromium"),
  async install(say) {
    if (!existsSync(PROGRAM)) await unpackDebian({ packages: ["chromium", "fonts-dejavu-core"], into: FOLDER, say });
  },
};

/** How playwright-core starts it. source: chromium's --no-sandbox, which a container without user namespaces needs */
export function chromiumLaunch() {
  const env = debianEnvironment(FOLDER);
  const folders = env.LD_LIBRARY_PATH?.split(":") ?? [];
  // Of PulseAudio, that its clients find by a path in themselves.
  const libraries = [...folders, ...folders.map((folder) => join(folder, "pulseaudio"))];
  return {
    executablePath: PROGRAM,
    env: { ...env, LD_LIBRARY_PATH: libraries.join(":"), HOME: process.env.HOME ?? "" },
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  };
}
