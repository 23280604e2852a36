import { existsSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../adapters/local/free-ports.ts";
import { runnable } from "../../adapters/local/runnable.ts";
import { createSidecars } from "../../adapters/local/sidecars.ts";

const RESOURCES = ["resources", "brokers/redis"].map((folder) => join(import.meta.dirname, "../dapr", folder));

/** The sidecars of a local shop whose services stand still. */
export interface ClosedShop {
  /** Of the sidecar of a service. */
  portOf(name: string): number | undefined;
  readonly ports: readonly number[];
  close(): Promise<void>;
}

/**
 * Opens a local shop's broker and state store, and none of its services: what is published lies there until they run.
 *
 * throws  Error where there is none, or where it runs
 */
export async function openClosedShop(dataDir: string): Promise<ClosedShop> {
  const database = join(dataDir, "broker.db");
  if (!existsSync(database)) throw new Error(`${database}: is not there: --data must name what a shop has kept`);
  const apps = [];
  for (const { name: appId } of runnable.services) apps.push({ appId, appPort: await freePort(), httpPort: 0 });
  const sidecars = await createSidecars({ resources: RESOURCES, database, apps });
  const ports = new Map(sidecars.apps.map(({ appId, httpPort }) => [appId, httpPort]));
  return { portOf: (name) => ports.get(name), ports: [...ports.values()], close: sidecars.close };
}
