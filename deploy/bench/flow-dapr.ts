import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { freePorts } from "../../adapters/local/free-ports.ts";
import { writeOverlay } from "../e2e/dapr/overlay.ts";
import { SERVICES, type ServiceName, TOKENS } from "../e2e/dapr/shop.ts";
import { toFlags } from "../e2e/dapr/sidecar-flags.ts";
import { FIRST_PORT } from "../e2e/tools/ports.ts";
import { createGate } from "../engines/ask.ts";
import { BASELINE, SHORT } from "../engines/baseline.ts";
import { startDaprd } from "../engines/daprd.ts";
import { allOrNone, type Running, startProcess } from "../engines/engine.ts";
import { askRedis, startRedis } from "../engines/redis.ts";
import { type Contender, createCustomer } from "./flow-contender.ts";

/** A build of the shop, with the YAML that ships with it. */
export interface DaprBuild {
  readonly name: string;
  /** What Node runs as a service of that name. */
  readonly script: (name: string) => readonly string[];
  /** The folder deploy/dapr of its time. */
  readonly deployed: string;
  /** Left out: all is in the two Redis. */
  readonly durability?: string;
  /** Of the services, beyond what they need. */
  readonly env?: Readonly<Record<string, string>>;
  /** Before events and orders had ports of their own. */
  readonly isEdgeAtApp?: true;
}

const HERE = join(import.meta.dirname, "../dapr");
const DIST = join(import.meta.dirname, "../../dist/dapr");
const HANDLERS_ALONE = join(import.meta.dirname, "handlers-alone.ts");

export const builds = {
  baseline: {
    name: `commit ${SHORT}, daprd and Redis`,
    script: (name) => [join(BASELINE.services, `${name}.mjs`)],
    deployed: BASELINE.deployed,
    isEdgeAtApp: true,
  },
  ours: { name: "this one, daprd and Redis", script: (name) => [join(DIST, `${name}.mjs`)], deployed: HERE },
  bare: {
    name: "the same without a ledger",
    script: (name) => [join(DIST, `${name}.mjs`)],
    deployed: HERE,
    durability: "events as above; state in memory",
    env: { LEDGER: "memory" },
  },
  alone: {
    name: "its handlers alone, daprd and Redis",
    script: (name) => [HANDLERS_ALONE, name],
    deployed: HERE,
    durability: "events as above; state in memory",
  },
} as const satisfies Readonly<Record<string, DaprBuild>>;

/** What each customer asks for. */
export const BODY = {
  customer: { name: "Load Test", email: "load@example.com" },
  items: [{ sku: "pencil-set", quantity: 2, unitPrice: 1890 }],
  currency: "EUR",
};

/** Where the next contender looks for ports: one that is down for a moment keeps its own. */
let nextPort = FIRST_PORT;
export async function takePorts(count: number): Promise<readonly number[]> {
  const ports = await freePorts(nextPort, count);
  nextPort = (ports.at(-1) ?? nextPort) + 1;
  return ports;
}

interface PodsOptions {
  /** Gets everything that is written: data and logs. */
  readonly dir: string;
  /** Left out: all. */
  readonly names?: readonly ServiceName[];
  /** Of the services, beyond what they need. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Services of a build that run, each beside a daprd, with a Redis for events and one for state. */
export interface DaprPods extends Pick<Contender, "name" | "effectsLog" | "processes" | "stop"> {
  /** Of each service, as they were named. */
  readonly ports: readonly { readonly app: number; readonly edge: number; readonly sidecar: number }[];
  /** Of each Redis. */
  readonly stores: { readonly broker: number; readonly state: number };
}

/** Starts services of a build as it shipped. */
export async function startDaprPods(
  build: DaprBuild,
  { dir, names = SERVICES, env = {} }: PodsOptions,
): Promise<DaprPods> {
  const [broker = 0, state = 0, ...free] = await takePorts(2 + 5 * names.length);
  const resources = join(dir, "resources");
  const effectsLog = join(dir, "effects.jsonl");
  writeOverlay({
    folders: [join(build.deployed, "resources"), join(build.deployed, "brokers/redis")],
    into: resources,
    metadata: { pubsub: { redisHost: `127.0.0.1:${broker}` }, statestore: { redisHost: `127.0.0.1:${state}` } },
    times: "as they ship",
  });
  const { common } = parse(readFileSync(join(build.deployed, "dapr.yaml"), "utf8"));
  const flags = toFlags({ common, annotations: {} });
  const ports = names.map((_, index) => {
    const [app = 0, edge = 0, sidecar = 0, grpc = 0, internalGrpc = 0] = free.slice(5 * index);
    return { app, edge, sidecar, grpc, internalGrpc };
  });
  const kill = (running: Running) => running.kill();
  const redises = await allOrNone(
    [startRedis({ port: broker, dir: join(dir, "broker") }), startRedis({ port: state, dir: join(dir, "state") })],
    kill,
  );
  const starting = ports.flatMap(({ app, edge, sidecar, grpc, internalGrpc }, index) => {
    const name = names[index] as ServiceName;
    const places = { APP_HOST: "127.0.0.1", APP_PORT: app, EDGE_PORT: edge, DAPR_HTTP_PORT: sidecar };
    const service = startProcess({
      command: process.execPath,
      args: build.script(name),
      env: { ...TOKENS, ...mapValues(places), EFFECTS_LOG: effectsLog, ...build.env, ...env },
      logFile: join(dir, `${name}.log`),
      ready: createGate(`http://127.0.0.1:${app}/healthz`),
    });
    const daprd = startDaprd({
      ...{ appId: name, appPort: app, httpPort: sidecar, grpcPort: grpc, internalGrpcPort: internalGrpc, flags },
      ...{ resources: [resources], logFile: join(dir, `${name}-daprd.log`) },
      ...{ appToken: TOKENS.APP_API_TOKEN, apiToken: TOKENS.DAPR_API_TOKEN },
    });
    return [service, daprd];
  });
  const started = await allOrNone(starting, kill).catch(async (error) => {
    await Promise.all(redises.map(kill));
    throw error;
  });
  const every = (nth: number) => started.flatMap(({ pid }, index) => (index % 2 === nth ? [pid] : []));
  return {
    ...{ name: build.name, effectsLog, ports, stores: { broker, state } },
    processes: () => ({ services: every(0), between: every(1), stores: redises.map(({ pid }) => pid) }),
    stop: async () => void (await Promise.all([...started, ...redises].map(kill))),
  };
}

const mapValues = (values: Readonly<Record<string, string | number>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));

export type DaprContender = Contender & Pick<DaprPods, "stores">;

/** Starts a whole shop of a build as it shipped. */
export async function startDaprContender(build: DaprBuild, options: PodsOptions): Promise<DaprContender> {
  const pods = await startDaprPods(build, options);
  const [order] = pods.ports;
  const customer = createCustomer({
    origin: `http://127.0.0.1:${build.isEdgeAtApp ? order?.app : order?.edge}`,
    pathOf: () => "/orders",
    body: BODY,
    idOf: (_key, { text }) => JSON.parse(text).orderId,
  });
  return {
    ...pods,
    durability: build.durability ?? "Redis: appendonly, appendfsync everysec; up to a second",
    place: customer.place,
    async stop() {
      await customer.close();
      await pods.stop();
    },
  };
}

/** When both of its Redis write to the disk what they have been told, from now on. */
export async function setFsync({ stores }: DaprContender, when: "everysec" | "always"): Promise<void> {
  for (const port of Object.values(stores)) await askRedis({ port }, ["CONFIG", "SET", "appendfsync", when]);
}
