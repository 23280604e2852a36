import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Runnable } from "../../../adapters/local/launcher.ts";
import { programFile, ROOT } from "../../../adapters/local/program-file.ts";
import { servicesOf } from "../../../adapters/local/services-of.ts";
import { renderDapr } from "../../generate/dapr.ts";
import { keep } from "../../generate/kept.ts";
import { PROJECT } from "../project.ts";
import { system } from "./system.ts";

/** Beside what npm has installed: made anew at each start. */
const RENDERED = join(PROJECT, "node_modules/.cache/loosely/rendered");
const RESOURCES = ["deploy/dapr/resources", "deploy/dapr/brokers/redis"];

/** In the package, in place of adapters/local/runnable.ts: the system of the project, on what is rendered of it. */
export const runnable: Runnable = {
  system: system.name,
  services: servicesOf(system),
  program: programFile("adapters/dapr/main.ts"),
  resources: RESOURCES.map((folder) => join(RENDERED, folder)),
  root: PROJECT,
};

for (const [path, text] of [...keep(ROOT, system), ...renderDapr(system)]) {
  const file = join(RENDERED, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
