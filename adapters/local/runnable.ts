import { join } from "node:path";
import { system } from "../../functions/index.ts";
import type { Runnable } from "./launcher.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Our system, as it is run here: on the manifests that are deployed. */
export const runnable: Runnable = {
  system: system.name,
  services: system.functions.map(({ name, source }) => ({
    name,
    hasEdge: system.edges.some(({ of }) => of === source),
  })),
  program: join(ROOT, "adapters/dapr/main.ts"),
  resources: ["deploy/dapr/resources", "deploy/dapr/brokers/redis"].map((folder) => join(ROOT, folder)),
};
