import { join } from "node:path";
import { system } from "../../functions/index.ts";
import type { System } from "../../functions/kernel/system.ts";
import type { Runnable } from "./launcher.ts";
import { programFile, ROOT } from "./program-file.ts";
import { servicesOf } from "./services-of.ts";

/** Our system, as it is run here: on the manifests that are deployed. */
export const runnable: Runnable = {
  system: system.name,
  services: servicesOf(system as System<never>),
  program: programFile("adapters/dapr/main.ts"),
  resources: ["deploy/dapr/resources", "deploy/dapr/brokers/redis"].map((folder) => join(ROOT, folder)),
};
