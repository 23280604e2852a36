import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createGate } from "./ask.ts";
import { CACHE, type Engine, type Running, run, startProcess } from "./engine.ts";

export const VERSION = "1.7.12";
const FOLDER = join(CACHE, `restate-${VERSION}`);
const PROGRAM = join(FOLDER, "node_modules/@restatedev/restate-server-linux-x64/bin/restate-server");
const PACKAGES = ["@restatedev/restate-sdk@1.17.2", `@restatedev/restate-server-linux-x64@${VERSION}`];

/** A server for durable execution, whose package has the program, and what services of it are written with: to compare with. */
export const restate: Engine = {
  name: "restate",
  missing: () => (existsSync(PROGRAM) ? undefined : "restate: not installed, run npm run engines -- --only restate"),
  async install(say) {
    if (existsSync(PROGRAM)) return;
    mkdirSync(FOLDER, { recursive: true });
    say(`downloading Restate ${VERSION}`);
    await run(["npm", "install", "--prefix", FOLDER, "--no-fund", "--no-audit", "--ignore-scripts", ...PACKAGES]);
  },
};

/** The package that its services are written with, which is no dependency of ours. */
export const loadRestateSdk = (): unknown => createRequire(join(FOLDER, "sdk.cjs"))("@restatedev/restate-sdk");

interface RestateOptions {
  readonly dir: string;
  readonly ports: { readonly ingress: number; readonly admin: number; readonly node: number };
}

/** Starts a server with all its roles, and its settings as they come. Ready: services may be made known to it. */
export function startRestate({ dir, ports }: RestateOptions): Promise<Running> {
  mkdirSync(dir, { recursive: true });
  return startProcess({
    command: PROGRAM,
    args: ["--base-dir", join(dir, "data"), "--no-logo"],
    env: {
      RUST_LOG: "error",
      RESTATE_LISTEN_MODE: "tcp",
      RESTATE_BIND_ADDRESS: `127.0.0.1:${ports.node}`,
      RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${ports.node}/`,
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ports.ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${ports.admin}`,
      // It would tell its maker that it runs.
      DO_NOT_TRACK: "1",
    },
    logFile: join(dir, "restate.log"),
    ready: createGate(`http://127.0.0.1:${ports.admin}/health`),
  });
}

/** Makes a service known to a server. throws: with what it says when it does not want it */
export async function registerService(admin: number, uri: string): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${admin}/deployments`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ uri }),
  });
  const said = await answer.text();
  if (!answer.ok) throw new Error(`restate: ${uri}: ${answer.status} ${said.slice(0, 300)}`);
}
