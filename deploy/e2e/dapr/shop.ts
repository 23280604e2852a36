import { join } from "node:path";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import { createGate } from "../../engines/ask.ts";
import { startDaprd } from "../../engines/daprd.ts";
import { allOrNone, type Running, startProcess } from "../../engines/engine.ts";
import { startRedis } from "../../engines/redis.ts";
import { type FaultProxy, startFaultProxy } from "../tools/fault-proxy.ts";
import { FIRST_PORT, OWN_ADDRESS } from "../tools/ports.ts";
import type { Broker, BrokerKind } from "./brokers.ts";
import { RESOURCES, TEST_SHUTDOWN, TEST_TIMES, writeOverlay } from "./overlay.ts";
import { shippedFlags } from "./sidecar-flags.ts";

export const SERVICES = ["order", "billing", "notification", "shipping"] as const;
export type ServiceName = (typeof SERVICES)[number];

const DIST = join(import.meta.dirname, "../../../dist/dapr");
export const TOKENS = { APP_API_TOKEN: "token-of-the-app", DAPR_API_TOKEN: "token-of-the-sidecar" };

export interface StartOptions {
  /** Before the script. */
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A service, the keeper, or a function of a test beside its sidecar: what Kubernetes calls a pod. */
export interface Pod {
  readonly name: string;
  readonly appPort: number;
  readonly edgePort: number;
  readonly sidecarPort: number;
  readonly logFile: string;
  readonly proxy: FaultProxy;
  service(): Running;
  sidecar(): Running;
  startService(options?: StartOptions): Promise<void>;
  startSidecar(): Promise<void>;
  /** How often the service died of a planned fault. */
  deaths(): number;
  stop(): Promise<void>;
  /** At once. */
  kill(): Promise<void>;
}

const PORTS = 6;
let nextPort = FIRST_PORT + 20;

/** Free ports for pods, six for each, never the same twice: a pod that is down still wants its own. */
export async function podPorts(pods: number): Promise<readonly number[]> {
  const ports = await freePorts(nextPort, pods * PORTS);
  nextPort = (ports.at(-1) ?? nextPort) + 1;
  return ports;
}

interface PodOptions {
  readonly name: string;
  /** Left out: the bundle of that name. */
  readonly script?: string;
  readonly ports: readonly number[];
  readonly replica?: number;
  readonly dir: string;
  readonly resources: string;
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Without the proxy between service and sidecar, to measure them. */
  readonly direct?: boolean;
}

/** Starts one; ready when the service listens. A service that dies of a planned fault is started again at once. */
export async function startPod(options: PodOptions): Promise<Pod> {
  const { name, script = join(DIST, `${name}.mjs`), replica = 1, dir, resources, config, ports } = options;
  const [appPort = 0, proxyPort = 0, sidecarPort = 0, grpcPort = 0, internalGrpcPort = 0, edgePort = 0] = ports;
  const logFile = join(dir, `${name}-${replica}.log`);
  let dead = 0;
  let isDying = false;
  let rebirth = Promise.resolve();
  let service: Running;
  let sidecar: Running;

  const startService = async ({ nodeArgs = [], env = {} }: StartOptions = {}) => {
    service = await startProcess({
      command: process.execPath,
      args: [...nodeArgs, script],
      env: {
        ...TOKENS,
        APP_HOST: OWN_ADDRESS,
        APP_PORT: String(appPort),
        EDGE_PORT: String(edgePort),
        EDGE_DEMO: "on",
        DAPR_HTTP_PORT: String(options.direct ? sidecarPort : proxyPort),
        DISPATCH_TIMEOUT_MS: String(TEST_TIMES.dispatchMs),
        GIVE_UP_AFTER_MS: String(TEST_TIMES.giveUpAfterMs),
        EFFECTS_LOG: join(dir, "effects.jsonl"),
        ...options.env,
        ...env,
      },
      logFile,
      ready: createGate(`http://${OWN_ADDRESS}:${appPort}/healthz`),
    });
  };
  const startSidecar = async () => {
    sidecar = await startDaprd({
      appId: name,
      appPort,
      appAddress: OWN_ADDRESS,
      httpPort: sidecarPort,
      grpcPort,
      internalGrpcPort,
      resources: [resources],
      ...(config === undefined ? {} : { config }),
      logFile: join(dir, `${name}-${replica}-daprd.log`),
      appToken: TOKENS.APP_API_TOKEN,
      apiToken: TOKENS.DAPR_API_TOKEN,
      flags: shippedFlags(TEST_SHUTDOWN),
    });
  };
  const proxy = await startFaultProxy({
    port: proxyPort,
    sidecarPort,
    onDie: () => {
      // Several calls of one process may be meant to: it dies once.
      if (isDying) return;
      isDying = true;
      dead++;
      rebirth = service
        .kill()
        .then(() => startService())
        .finally(() => {
          isDying = false;
        });
    },
  });
  const end = async (how: (running: Running) => Promise<void>) => {
    await rebirth;
    await Promise.all([service, sidecar].map(how));
    await proxy.close();
  };
  const both = [startService().then(() => service), startSidecar().then(() => sidecar)];
  await allOrNone(both, (running) => running.kill()).catch(async (error) => {
    await proxy.close();
    throw error;
  });
  return {
    name,
    appPort,
    edgePort,
    sidecarPort,
    logFile,
    proxy,
    service: () => service,
    sidecar: () => sidecar,
    startService,
    startSidecar,
    deaths: () => dead,
    stop: () => end((running) => running.stop()),
    kill: () => end((running) => running.kill()),
  };
}

export interface Shop {
  readonly dir: string;
  readonly resources: string;
  /** Where broker and state store are, by component. */
  readonly metadata: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly broker: Broker;
  /** The Redis of the state store, apart from the broker. */
  readonly stateStore: { down(): Promise<void>; up(): Promise<void> };
  readonly pods: Readonly<Record<ServiceName, Pod>>;
  readonly url: string;
  readonly effectsLog: string;
  /** At once: how its parts end in peace is for scenarios to show. */
  stop(): Promise<void>;
}

interface ShopOptions {
  readonly kind: BrokerKind;
  /** Gets everything that is written: data and logs. */
  readonly dir: string;
  readonly config?: string;
  /** Of the services, beyond what they need. */
  readonly env?: Readonly<Record<string, string>>;
  readonly direct?: boolean;
  /** One event a delivery, instead of bulks. */
  readonly single?: boolean;
}

/** Starts the broker, the state store and the four services, each beside its own daprd. */
export async function startShop({
  kind,
  dir,
  config,
  env = {},
  direct = false,
  single = false,
}: ShopOptions): Promise<Shop> {
  const broker = await kind.start(join(dir, "broker"));
  const [statePort = 0] = await freePorts(FIRST_PORT + 10, 1);
  const startState = () => startRedis({ port: statePort, dir: join(dir, "state") });
  const orEnd = (ends: readonly (() => Promise<void>)[]) => async (error: unknown) => {
    await Promise.allSettled(ends.map((end) => end()));
    throw error;
  };
  let state = await startState().catch(orEnd([broker.stop]));
  const resources = join(dir, "resources");
  const metadata = { pubsub: broker.metadata, statestore: { redisHost: `127.0.0.1:${statePort}` } };
  writeOverlay({
    folders: [RESOURCES, kind.folder],
    into: resources,
    metadata,
    single,
  });
  const ports = await podPorts(SERVICES.length);
  const starting = SERVICES.map((name, index) =>
    startPod({
      name,
      ports: ports.slice(index * PORTS),
      dir,
      resources,
      env,
      direct,
      ...(config === undefined ? {} : { config }),
    }),
  );
  const started = await allOrNone(starting, (pod) => pod.kill()).catch(orEnd([broker.stop, () => state.kill()]));
  const pods = Object.fromEntries(started.map((pod) => [pod.name, pod])) as Record<ServiceName, Pod>;
  return {
    dir,
    resources,
    metadata,
    broker,
    stateStore: {
      down: () => state.kill(),
      async up() {
        state = await startState();
      },
    },
    pods,
    url: `http://${OWN_ADDRESS}:${pods.order.edgePort}`,
    effectsLog: join(dir, "effects.jsonl"),
    async stop() {
      await Promise.all(Object.values(pods).map((pod) => pod.kill()));
      await Promise.all([broker.stop(), state.kill()]);
    },
  };
}
