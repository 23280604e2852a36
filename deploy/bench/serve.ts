import { mkdtempSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { HTTP } from "cloudevents";
import type { Ledger } from "../../adapters/core/ledger/ledger.ts";
import { createMemoryLedger } from "../../adapters/core/ledger/memory-ledger.ts";
import { createSqliteLedger } from "../../adapters/core/ledger/sqlite-ledger.ts";
import { createDaprApp } from "../../adapters/dapr/app.ts";
import { createEffects } from "../../adapters/effects/index.ts";
import { freePort } from "../../adapters/local/free-ports.ts";
import { createBilling } from "../../functions/billing/handler.ts";
import { OrderCreated } from "../../functions/events/index.ts";
import { defineFunction, type FunctionDefinition, when } from "../../functions/kernel/define.ts";
import { TOKEN } from "./events.ts";
import { loadPeer } from "./peers.ts";

// One server of the comparison, in a process of its own: node serve.ts NAME. Prints its port.

/** What a careful author writes by hand. */
const check = (event: Record<string, unknown>): void => {
  for (const name of ["id", "source", "type"])
    if (typeof event[name] !== "string" || event[name] === "") throw new Error(`${name}: must be a string`);
  if (event.specversion !== "1.0") throw new Error("specversion: must be 1.0");
};

const SLOW_MS = 4;

const DONE = JSON.stringify({ status: "SUCCESS" });

const servers: Readonly<Record<string, () => Promise<number>>> = {
  /** Reads the body, and that is all. */
  bare: () =>
    listen(
      createServer(async (request, answer) => {
        await buffer(request);
        answer.writeHead(200, { "content-type": "application/json" }).end(DONE);
      }),
    ),
  /** A sidecar that does nothing: everything is saved and published, and nothing is there. */
  sidecar: () =>
    listen(
      createServer(async (request, answer) => {
        const { method, url = "" } = request;
        if (method === "GET" && url.endsWith("/metadata")) answer.writeHead(200).end("{}");
        else if (/^\/v1\.0\/state\/[^/]+\/bulk$/.test(url)) {
          const { keys } = JSON.parse((await buffer(request)).toString()) as { readonly keys: readonly string[] };
          const empty = JSON.stringify(keys.map((key) => ({ key })));
          answer.writeHead(200, { "content-type": "application/json" }).end(empty);
        } else answer.writeHead(204).end();
      }),
    ),
  /** All there is: token, safe parse, event check, schema, ledger. */
  ours: () => serve(nothing, createMemoryLedger()),
  /** The same and a charge, and an event that is said: with its ids, kept in the ledger first. */
  "ours-billing": () => serve(createBilling(createEffects({})), createMemoryLedger()),
  /** As for a long time: the ledger lies in a file. */
  "ours-on-sqlite": () =>
    serve(
      createBilling(createEffects({})),
      createSqliteLedger({ file: join(mkdtempSync(join(tmpdir(), "loosely-bench-")), "ledger") }),
    ),
  /** Its handler keeps the processor busy, and says for which orders it has done so. */
  "ours-slow": () =>
    serve(
      createBilling({
        charge: async ({ key }) => {
          const end = performance.now() + SLOW_MS;
          while (performance.now() < end);
          process.stdout.write(`charged ${key}\n`);
          return { ok: true, receipt: "r" };
        },
        withdraw: createEffects({}).withdraw,
      }),
      createMemoryLedger(),
    ),
  async hono() {
    const { Hono } = loadPeer("hono") as { Hono: new () => HonoApp };
    const { serve } = loadPeer("@hono/node-server") as { serve: (options: object, onListen: OnListen) => void };
    const app = new Hono();
    app.post("/orders", async (context) => {
      check(JSON.parse(await context.req.text()));
      return context.json({ status: "SUCCESS" });
    });
    return new Promise((resolve) => {
      serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => resolve(port));
    });
  },
  async express() {
    const express = loadPeer("express") as ExpressModule;
    const app = express();
    app.use(express.text({ type: () => true, limit: "4mb" }));
    app.post("/orders", ({ headers, body }, answer) => {
      HTTP.toEvent({ headers, body });
      answer.json({ status: "SUCCESS" });
    });
    return listen(createServer(app as unknown as RequestListener));
  },
  async "dapr-server"() {
    const { CommunicationProtocolEnum, DaprServer } = await import("@dapr/dapr");
    const { SILENT } = await import("../../adapters/dapr/sdk.ts");
    // It asks its sidecar whether it is there before it listens to anybody.
    const sidecar = await listen(createServer((_request, answer) => answer.end("{}")));
    const port = await freePort();
    const server = new DaprServer({
      ...{ serverHost: "127.0.0.1", serverPort: String(port), communicationProtocol: CommunicationProtocolEnum.HTTP },
      clientOptions: { daprHost: "127.0.0.1", daprPort: String(sidecar) },
      logger: { service: SILENT },
    });
    await server.pubsub.subscribe("pubsub", "orders", async () => {});
    await server.start();
    return port;
  },
  async "functions-framework"() {
    const { getTestServer } = await import("@google-cloud/functions-framework/testing");
    const { cloudEvent } = await import("@google-cloud/functions-framework");
    cloudEvent("orders", () => {});
    return listen(getTestServer("orders"));
  },
};

/** As the others' handlers. */
const nothing = defineFunction({ name: "nothing", on: [when(OrderCreated, async () => ({}))] });

function serve(fn: FunctionDefinition, ledger: Ledger): Promise<number> {
  const ports = { ledger, publish: async () => {}, now: Date.now, deadlineMs: 10_000, leaseMs: 15_000 };
  const app = createDaprApp(fn, { ports, token: TOKEN });
  return app.listen({ host: "127.0.0.1", port: 0 }).then(portOf);
}

interface HonoApp {
  readonly fetch: unknown;
  post(path: string, handle: (context: HonoContext) => Promise<unknown>): void;
}
interface HonoContext {
  readonly req: { text(): Promise<string> };
  json(body: object): unknown;
}
type OnListen = (address: { readonly port: number }) => void;
interface ExpressModule {
  (): ExpressApp;
  text(options: object): unknown;
}
interface ExpressApp {
  use(middleware: unknown): void;
  post(
    path: string,
    handle: (request: { headers: Record<string, string>; body: string }, answer: { json(body: object): void }) => void,
  ): void;
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));

const portOf = (address: string): number => Number(new URL(address).port);

/** Asked by a signal how much memory it holds, it collects first: what it says is what it could not let go. */
process.on("SIGUSR2", () => {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  process.stdout.write(`memory ${heapUsed + external}\n`);
});

const start = servers[process.argv[2] ?? ""];
if (!start) throw new TypeError(`serve.ts: must be one of ${Object.keys(servers).join(", ")}, got ${process.argv[2]}`);
process.stdout.write(`ready ${await start()}\n`);
