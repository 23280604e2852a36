import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buffer } from "node:stream/consumers";
import { createSidecars } from "../../../adapters/local/sidecars.ts";
import { system } from "../../../functions/index.ts";
import { RESOURCES, writeOverlay } from "../dapr/overlay.ts";
import { until } from "../shop/orders.ts";
import { type Attempt, parseAttempts } from "../shop/sums.ts";
import { unpackOldBuild } from "./old-build/old-build.ts";

/** Those of the old build. What has been added since is there as well, of the new build. */
export const SERVICES = ["order", "billing", "notification", "shipping"] as const;
export type Service = (typeof SERVICES)[number];
const ALL: readonly string[] = system.functions.map(({ name }) => name);
const ADDED = ALL.filter((name) => SERVICES.every((service) => service !== name));
export type Build = "old" | "new";

const ROOT = join(import.meta.dirname, "../../..");
const SHIPPED = [RESOURCES, join(ROOT, "deploy/dapr/brokers/redis")];
const END_WITH_STDIN = join(ROOT, "adapters/local/end-with-stdin.ts");
const MAIN = join(ROOT, "adapters/dapr/main.ts");
const RUN_OLD = "const [file, name] = process.argv.slice(1); await (await import(file)).runService(name);";
const FORWARDED = ["content-type", "idempotency-key", "pubsubname", "traceparent", "tracestate"];

/** The shop on local sidecars, each service as pods of two builds behind one port, as a cluster has them while it rolls. */
export interface RollingShop {
  readonly url: string;
  /** Starts a pod, which gets its turn as soon as it is ready. */
  start(service: Service, build: Build): Promise<void>;
  /** Gives a pod no more, waits for its answers, and ends it. */
  stop(service: Service, build: Build): Promise<void>;
  /** From now on, events are delivered to every pod of their service at once; one of them is asked, by turns. */
  deliverToAll(isOn: boolean): void;
  /** Answers to events so far. */
  answersOf(build: Build): { readonly taken: number; readonly refused: number };
  attempts(): readonly Attempt[];
  close(): Promise<void>;
}

interface Pod {
  readonly build: Build;
  readonly child: ChildProcess;
  readonly port: number;
  /** Of what no sidecar sends, where it has one of its own. */
  readonly edgePort: number;
  inHand: number;
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export async function createRollingShop(): Promise<RollingShop> {
  const folder = mkdtempSync(join(tmpdir(), "loosely-rolling-"));
  const oldBuild = unpackOldBuild(folder);
  const resources = join(folder, "resources");
  // The old build takes the bytes of a bulk for no event: bulks come when no pod of it is left.
  writeOverlay({ folders: SHIPPED, into: resources, metadata: {}, times: "as they ship", single: true });
  const effectsLog = join(folder, "effects.jsonl");
  const answers = { old: { taken: 0, refused: 0 }, new: { taken: 0, refused: 0 } };
  let isToAll = false;

  const ask = async (pod: Pod, call: Call): Promise<Answer> => {
    pod.inHand++;
    try {
      const answer = await send(isEvent(call) ? pod.port : pod.edgePort, call);
      if (isEvent(call)) answers[pod.build][answer.status === 200 ? "taken" : "refused"]++;
      return answer;
    } finally {
      pod.inHand--;
    }
  };
  const fronts = await Promise.all(
    ALL.map(async (service) => {
      const pods: Pod[] = [];
      const port = await listen((call) => {
        const [pod, ...others] = pods;
        if (!pod) return Promise.resolve({ status: 503, headers: {}, body: Buffer.from("{}") });
        pods.push(...pods.splice(0, 1));
        if (isToAll && isEvent(call)) for (const other of others) void ask(other, call).catch(() => {});
        return ask(pod, call);
      });
      return { service, pods, ...port };
    }),
  );
  const sidecars = await createSidecars({
    resources: [resources],
    database: join(folder, "broker.db"),
    apps: fronts.map(({ service, port }) => ({
      appId: service,
      appPort: port,
      httpPort: 0,
      healthCheckPath: "/readyz",
    })),
  });
  const frontOf = (service: string) => fronts[ALL.indexOf(service)] as (typeof fronts)[number];
  const end = async ({ child }: Pod) => {
    const exit = once(child, "exit");
    child.kill("SIGTERM");
    await exit;
  };

  const start = async (service: string, build: Build) => {
    const args = build === "old" ? ["--input-type=module", "-e", RUN_OLD, oldBuild, service] : [MAIN, service];
    const child = spawn(process.execPath, ["--import", END_WITH_STDIN, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: join(ROOT, "node_modules/.cache/loosely"),
        APP_PORT: "0",
        EDGE_PORT: "0",
        EDGE_DEMO: "on",
        DAPR_HTTP_PORT: String(sidecars.apps[ALL.indexOf(service)]?.httpPort),
        EFFECTS_LOG: effectsLog,
      },
    });
    frontOf(service).pods.push({ build, child, ...(await portsOf(child)), inHand: 0 });
  };
  await Promise.all(ADDED.map((service) => start(service, "new")));

  return {
    url: `http://127.0.0.1:${frontOf("order").port}`,
    start,
    async stop(service, build) {
      const { pods } = frontOf(service);
      const at = pods.findIndex((pod) => pod.build === build);
      const [pod] = pods.splice(at, 1) as [Pod];
      await until(() => pod.inHand === 0, { what: `the ${build} ${service} has answered`, everyMs: 5 });
      await end(pod);
    },
    deliverToAll(isOn) {
      isToAll = isOn;
    },
    answersOf: (build) => ({ ...answers[build] }),
    attempts: () => parseAttempts(readFileSync(effectsLog, "utf8")),
    async close() {
      await Promise.all(fronts.flatMap(({ pods }) => pods.splice(0)).map(end));
      await sidecars.close();
      for (const { server } of fronts) server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** An order that somebody places is no event. */
const isEvent = ({ headers }: Call): boolean => headers["content-type"]?.startsWith("application/cloudevents") ?? false;

/** out: where it listens, once it says that it is ready */
function portsOf(child: ChildProcess): Promise<Pick<Pod, "port" | "edgePort">> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`a pod ended with ${code} before it was ready`)));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      const { msg, address, edge = address } = JSON.parse(line) as { msg: string; address: string; edge?: string };
      if (msg === "ready") resolve({ port: Number(new URL(address).port), edgePort: Number(new URL(edge).port) });
    });
  });
}

async function listen(
  answer: (call: Call) => Promise<Answer>,
): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer(async (incoming, outgoing) => {
    const { method = "GET", url: path = "/", headers } = incoming;
    try {
      const { status, headers: told, body } = await answer({ method, path, headers, body: await buffer(incoming) });
      outgoing.writeHead(status, { "content-type": told["content-type"] ?? "application/json" }).end(body);
    } catch {
      outgoing.writeHead(502).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, server };
}

/** One connection a call: none that is kept breaks under an event when its pod ends. */
const agent = new Agent({ keepAlive: false });

async function send(port: number, { method, path, headers, body }: Call): Promise<Answer> {
  const kept = Object.fromEntries(FORWARDED.flatMap((name) => (headers[name] ? [[name, headers[name]]] : [])));
  const outgoing = request({ agent, host: "127.0.0.1", port, method, path, headers: kept });
  outgoing.end(body);
  const [incoming] = await once(outgoing, "response");
  return { status: incoming.statusCode, headers: incoming.headers, body: await buffer(incoming) };
}
