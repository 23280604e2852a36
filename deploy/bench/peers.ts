import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { CACHE, run } from "../engines/engine.ts";

const FOLDER = join(CACHE, "peers/receiving");
const PACKAGES = ["hono@4.13.19", "@hono/node-server@2.1.9", "express@5.3.0"];

/** Gets what only a comparison needs. */
export async function installPeers(): Promise<void> {
  if (existsSync(join(FOLDER, "node_modules/hono"))) return;
  mkdirSync(FOLDER, { recursive: true });
  await run(["npm", "install", "--prefix", FOLDER, "--no-fund", "--no-audit", "--ignore-scripts", ...PACKAGES]);
}

/** A package that is no dependency of ours. */
export const loadPeer = (name: string): unknown => createRequire(join(FOLDER, "peers.cjs"))(name);
