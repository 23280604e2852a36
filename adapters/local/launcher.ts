import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Child, startChild } from "./child.ts";
import { freePort, freePorts, isFree } from "./free-ports.ts";
import { letterSecret } from "./letter-secret.ts";
import { createServiceLog } from "./service-log.ts";
import { removeSession, writeSession } from "./session.ts";

const FIRST_SIDECAR_PORT = 3500;
const ROOT = join(import.meta.dirname, "../..");
/** Sources are compiled once, not at every start. */
const COMPILE_CACHE = join(ROOT, "node_modules/.cache/loosely");
/** Longer than they take to end. */
const PORT_WAIT_MS = 10_000;

/** What is started of a system: its functions in their order, and the program that runs one. */
export interface Runnable {
  /** Its name. */
  readonly system: string;
  readonly services: readonly { readonly name: string; readonly hasEdge: boolean }[];
  /** Gets the name of a function as its argument. */
  readonly program: string;
  /** Folders with the YAML that a real daprd reads. */
  readonly resources: readonly string[];
}

interface StartOptions extends Runnable {
  /** Of the first function, of its edge where it has one; the others follow. */
  readonly port: number;
  /** Where everything durable lies. */
  readonly dataDir: string;
  readonly onLine: (line: Readonly<Record<string, unknown>>) => void;
  readonly onTrouble: (text: string) => void;
}

export interface Started {
  /** url: of its edge, where it has one. */
  readonly services: readonly { readonly name: string; readonly url: string; readonly sidecarUrl: string }[];
  /** By name; `sidecars` is the process of all sidecars. */
  pids(): Readonly<Record<string, number | undefined>>;
  /** Resolves when a process cannot be kept running, with the reason. */
  readonly failed: Promise<string>;
  stop(): Promise<void>;
}

/** Makes an error that needs no stack: it is for whoever typed the command. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** Starts a system: one process a function and one for their sidecars. throws: StartError. */
export async function startSystem({
  system,
  services: wanted,
  program,
  resources,
  port,
  dataDir,
  onLine,
  onTrouble,
}: StartOptions): Promise<Started> {
  mkdirSync(dataDir, { recursive: true });
  const known = wanted.map((_, index) => port + index);
  await untilFree(known);
  const sidecarPorts = await freePorts(FIRST_SIDECAR_PORT, wanted.length);
  // Of functions whose edge has the port that people know. Not the first free ones: another system that starts now would take them, too.
  const hidden = await Promise.all(wanted.map(freePort));
  const tokens = { APP_API_TOKEN: randomUUID(), DAPR_API_TOKEN: randomUUID() };
  const apps = wanted.map(({ name: appId, hasEdge }, index) => ({
    appId,
    appPort: hasEdge ? hidden[index] : known[index],
    httpPort: sidecarPorts[index],
    appToken: tokens.APP_API_TOKEN,
    apiToken: tokens.DAPR_API_TOKEN,
    healthCheckPath: "/readyz",
  }));

  const failure = Promise.withResolvers<string>();
  const kept = createServiceLog(dataDir);
  const common = (name: string) => ({
    name,
    onLine: (line: Readonly<Record<string, unknown>>) => {
      kept.append(name, line);
      onLine(line);
    },
    onRestart: (how: string) => onTrouble(`${name} died (${how}): starting it again`),
    onGiveUp: failure.resolve,
  });
  const node = { NODE_COMPILE_CACHE: COMPILE_CACHE };
  const sidecars = startChild({
    ...common("sidecars"),
    args: [join(ROOT, "adapters/local/main.ts")],
    env: {
      ...node,
      LOOSELY_SIDECARS: JSON.stringify({ resources, database: join(dataDir, "broker.db"), apps }),
    },
  });
  const services = apps.map(({ appId, appPort, httpPort }, index) =>
    startChild({
      ...common(appId),
      args: ["--import", join(ROOT, "adapters/local/end-with-stdin.ts"), program, appId],
      env: {
        ...node,
        ...tokens,
        APP_HOST: "127.0.0.1",
        APP_PORT: String(appPort),
        EDGE_PORT: String(known[index]),
        EDGE_DEMO: "on",
        DAPR_HTTP_PORT: String(httpPort),
        // The shell of whoever starts this may name a sidecar elsewhere.
        DAPR_HTTP_ENDPOINT: `http://127.0.0.1:${httpPort}`,
        EFFECTS_LOG: join(dataDir, "effects.jsonl"),
        LETTER_SECRET: letterSecret(dataDir),
        LOG_LEVEL: "info",
      },
    }),
  );
  const children: readonly Child[] = [...services, sidecars];
  const started: Started = {
    services: apps.map(({ appId, httpPort }, index) => ({
      name: appId,
      url: `http://127.0.0.1:${known[index]}`,
      sidecarUrl: `http://127.0.0.1:${httpPort}`,
    })),
    pids: () => Object.fromEntries(children.map((child) => [child.name, child.pid()])),
    failed: failure.promise,
    // Services first: what they still say must find their sidecars.
    async stop() {
      removeSession(dataDir);
      await Promise.all(services.map((child) => child.stop()));
      await sidecars.stop();
    },
  };
  const why = await Promise.race([failure.promise, Promise.all(children.map((child) => child.ready()))]);
  if (typeof why !== "string") {
    writeSession(dataDir, {
      pid: process.pid,
      system,
      services: started.services.map((service, index) => ({ ...service, appPort: apps[index]?.appPort ?? 0 })),
      tokens: { app: tokens.APP_API_TOKEN, dapr: tokens.DAPR_API_TOKEN },
    });
    return started;
  }
  await started.stop();
  throw new StartError(why);
}

export function forget(dataDir: string): void {
  rmSync(dataDir, { recursive: true, force: true });
}

/** A system that was killed a moment ago may still be letting go of its ports. */
async function untilFree(ports: readonly number[]): Promise<void> {
  const end = Date.now() + PORT_WAIT_MS;
  for (const port of ports) {
    while (!(await isFree(port))) {
      if (Date.now() > end) throw new StartError(`port ${port} is taken: end what uses it, or choose others by --port`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
