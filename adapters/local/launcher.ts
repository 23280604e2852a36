import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Child, startChild } from "./child.ts";
import { COMPILE_CACHE } from "./compile-cache.ts";
import type { Status } from "./console/api-types.ts";
import type { Recording } from "./console/chronicle.ts";
import { type Control, createControl, SIDECARS } from "./console/control.ts";
import { createWitness } from "./console/witness.ts";
import { type DataFolder, holdDataFolder } from "./data-folder.ts";
import { freeRow, isFree } from "./free-ports.ts";
import { letterSecret } from "./letter-secret.ts";
import { programFile } from "./program-file.ts";
import { createServiceLog } from "./service-log.ts";
import { removeSession, writeSession } from "./session.ts";
import { StartError } from "./start-error.ts";

/** Of sidecars, where the first function has its default port: those beside others are as far from these. */
const FIRST_SIDECAR_PORT = 3500;
const FIRST_PORT = 8080;
const LEAST_PORT = 1_024;

/** What is started of a system: its functions in their order, and the program that runs one. */
export interface Runnable {
  /** Its name. */
  readonly system: string;
  readonly services: readonly { readonly name: string; readonly hasEdge: boolean }[];
  /** Gets the name of a function as its argument. */
  readonly program: string;
  /** Folders with the YAML that a real daprd reads. */
  readonly resources: readonly string[];
  /** Where its sources are, for who starts again what has changed. Left out: in this repository. */
  readonly root?: string;
}

interface StartOptions extends Runnable {
  /** Of the first function, of its edge where it has one; the others follow. 0: any that are free. */
  readonly port: number;
  /** Where everything durable lies. */
  readonly dataDir: string;
  /** Forgets what is kept there first. */
  readonly isFresh?: boolean;
  /** Gets what starts those of these names again. With it, what cannot be started waits for that. */
  readonly onRunning?: (restart: (names: readonly string[]) => Promise<void>) => void;
  /** Aborted: all ends, in whatever phase of the start it is. */
  readonly signal?: AbortSignal;
  readonly onLine: (line: Readonly<Record<string, unknown>>) => void;
  readonly onTrouble: (text: string) => void;
  /** Opens what gets all that happens, once the data is held, and forgotten where it shall be. Whoever opens it closes it. */
  readonly history?: () => Recording;
  /** Opens a page on which it can be seen, once all of it runs. out: its address; undefined where it could not be opened */
  readonly openPage?: (running: Pick<Started, "probe" | "control">) => Promise<string | undefined>;
}

interface StartedService {
  readonly name: string;
  /** Of its edge, where it has one. */
  readonly url: string;
  readonly sidecarUrl: string;
}

export interface Started {
  readonly services: readonly StartedService[];
  /** The address of what `openPage` has opened. */
  readonly page: string | undefined;
  /** By name; `sidecars` is the process of all sidecars. */
  pids(): Readonly<Record<string, number | undefined>>;
  /** The same, and how they are. */
  probe(): Status["services"];
  /** What breaks it on purpose, and mends it. */
  readonly control: Control;
  /** Resolves when a process cannot be kept running, with the reason. */
  readonly failed: Promise<string>;
  stop(): Promise<void>;
}

/** Starts a system: one process a function and one for their sidecars. throws: StartError, whatever the signal is aborted with. */
export async function startSystem(options: StartOptions): Promise<Started> {
  const { port, dataDir, signal } = options;
  const data = holdDataFolder(dataDir, port);
  const all: Child[] = [];
  const ends: (() => void)[] = [];
  // Whatever ends us, they need not find out by themselves.
  const killAll = () => {
    for (const child of all) child.kill();
  };
  process.once("exit", killAll);
  // Services first: what they still say must find their sidecars.
  const stop = async () => {
    removeSession(dataDir);
    const [sidecars, ...services] = all;
    await Promise.all(services.map((child) => child.stop()));
    await sidecars?.stop();
    for (const end of ends) end();
    process.removeListener("exit", killAll);
    data.release();
  };
  // Whoever asks in the middle of a start wants no grace: nothing has happened yet.
  signal?.addEventListener("abort", killAll);
  try {
    return await startHeld(options, { data, all, ends, stop });
  } catch (error) {
    await stop();
    throw error;
  } finally {
    signal?.removeEventListener("abort", killAll);
  }
}

interface Held {
  readonly data: DataFolder;
  /** All that runs, the sidecars first. */
  readonly all: Child[];
  /** What is done when all have ended. */
  readonly ends: (() => void)[];
  stop(): Promise<void>;
}

async function startHeld(options: StartOptions, { data, all, ends, stop }: Held): Promise<Started> {
  const { services: wanted, port, dataDir, onLine, onTrouble, signal } = options;
  await data.whenLeft(signal, onTrouble);
  if (options.isFresh) data.forget();
  if (port !== 0) await requireFree(wanted.map((_, index) => port + index));
  signal?.throwIfAborted();

  const tokens = { app: randomUUID(), dapr: randomUUID() };
  const failure = Promise.withResolvers<string>();
  const kept = createServiceLog(dataDir);
  const witness = createWitness({ dataDir, history: options.history, onTrouble });
  ends.push(witness.close);
  const aborted = whenAborted(signal);
  /** throws: StartError for what cannot be started. */
  const ready = async (children: readonly Child[]) => {
    const why = await Promise.race([failure.promise, aborted, Promise.all(children.map((child) => child.ready()))]);
    if (typeof why === "string") throw new StartError(why);
  };
  const start = (one: Pick<Parameters<typeof startChild>[0], "name" | "args" | "env" | "onReady">) => {
    const { name } = one;
    const seen = witness.watch({
      ...one,
      onStart: () => data.note(all.flatMap((each) => each.pid() ?? [])),
      onLine(line) {
        kept.append(name, line);
        onLine(line);
      },
      onRestart: (how) => onTrouble(`${name} died (${how}): starting it again`),
      onGiveUp(why) {
        if (!existsSync(dataDir)) failure.resolve(`${dataDir}: was deleted under it`);
        else if (options.onRunning) onTrouble(`${why}\nwaiting for the next save`);
        else failure.resolve(why);
      },
    });
    const child = startChild(seen);
    all.push(child);
    data.note(all.flatMap((each) => each.pid() ?? []));
    return child;
  };

  options.onRunning?.(async (names) => {
    const changed = all.filter(({ name }) => names.includes(name));
    await Promise.all(changed.map((child) => child.restart().then(() => child.ready())));
  });
  const control = createControl(all);
  const node = { NODE_COMPILE_CACHE: COMPILE_CACHE };
  // Of an edge, people know the port; that of its events is any.
  const apps = wanted.map(({ name: appId, hasEdge }, index) => {
    const known = port === 0 ? 0 : port + index;
    return { appId, hasEdge, edgePort: known, appPort: hasEdge ? 0 : known, httpPort: 0 };
  });
  const sidecars = start({
    name: SIDECARS,
    args: [programFile("adapters/local/main.ts")],
    env: () => ({
      ...node,
      LOOSELY_SIDECARS: JSON.stringify({
        resources: options.resources,
        database: join(dataDir, "broker.db"),
        isRecorded: witness.isRecording,
        apps: apps.map(({ appId, appPort, httpPort }) => ({
          ...{ appId, appPort, httpPort, appToken: tokens.app, apiToken: tokens.dapr, healthCheckPath: "/readyz" },
        })),
        ...(port === 0 ? {} : { firstPort: Math.max(LEAST_PORT, FIRST_SIDECAR_PORT + port - FIRST_PORT) }),
      }),
    }),
    onReady(line) {
      for (const { appId, httpPort } of line.apps as { appId: string; httpPort: number }[]) {
        const app = apps.find((each) => each.appId === appId);
        if (app) app.httpPort = httpPort;
      }
    },
  });
  await ready([sidecars]);

  const services = apps.map((app) =>
    start({
      name: app.appId,
      args: ["--import", programFile("adapters/local/end-with-stdin.ts"), options.program, app.appId],
      env: () => ({
        ...node,
        APP_API_TOKEN: tokens.app,
        DAPR_API_TOKEN: tokens.dapr,
        APP_HOST: "127.0.0.1",
        APP_PORT: app.hasEdge ? "0" : String(app.appPort),
        EDGE_PORT: String(app.edgePort),
        EDGE_DEMO: "on",
        DAPR_HTTP_PORT: String(app.httpPort),
        // The shell of whoever starts this may name a sidecar elsewhere.
        DAPR_HTTP_ENDPOINT: `http://127.0.0.1:${app.httpPort}`,
        EFFECTS_LOG: join(dataDir, "effects.jsonl"),
        EFFECTS_BY: app.appId,
        LETTER_SECRET: letterSecret(dataDir),
        LOG_LEVEL: "info",
        ...control.clockOf(app.appId),
      }),
      onReady({ address, edge = address }) {
        app.appPort = portOf(address);
        app.edgePort = portOf(edge);
        sidecars.tell({ appId: app.appId, appPort: app.appPort });
        if (isOpen && existsSync(dataDir)) announce();
      },
    }),
  );
  const list = () =>
    apps.map(({ appId: name, edgePort, appPort, httpPort }) => ({
      name,
      url: `http://127.0.0.1:${edgePort}`,
      appPort,
      sidecarUrl: `http://127.0.0.1:${httpPort}`,
    }));
  let isOpen = false;
  const announce = () =>
    writeSession(dataDir, { pid: process.pid, system: options.system, services: list(), console: page, tokens });
  await ready(services);
  const probe = () => witness.probe(all);
  const page = await options.openPage?.({ probe, control });
  isOpen = true;
  announce();
  return {
    services: list(),
    page,
    pids: () => Object.fromEntries(all.map((child) => [child.name, child.pid()])),
    probe,
    control,
    failed: failure.promise,
    stop,
  };
}

const portOf = (address: unknown): number => Number(new URL(String(address)).port);

const whenAborted = (signal: AbortSignal | undefined) =>
  new Promise<never>((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

/** throws: StartError, at once: nobody of ours can be there any more. */
async function requireFree(ports: readonly number[]): Promise<void> {
  const free = await Promise.all(ports.map(isFree));
  const taken = ports[free.indexOf(false)];
  if (taken === undefined) return;
  const other = await freeRow(taken + 1, ports.length);
  throw new StartError(`port ${taken} is taken: end what uses it, or choose others: --port ${other}`);
}
