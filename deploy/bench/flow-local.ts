import { join } from "node:path";
import { freeRow } from "../../adapters/local/free-ports.ts";
import { childrenOf } from "../../adapters/local/test-shop.ts";
import { SERVICES } from "../e2e/dapr/shop.ts";
import { FIRST_PORT } from "../e2e/tools/ports.ts";
import { createPortGate } from "../engines/ask.ts";
import { startProcess } from "../engines/engine.ts";
import { type Contender, createCustomer } from "./flow-contender.ts";
import { BODY } from "./flow-dapr.ts";

const START = join(import.meta.dirname, "../../adapters/local/start.ts");
/** Its own ports and, beside them, that of its console. */
const ROW = 20;
/** Far from where the others look. */
const LAST_ROW = 4;

interface LocalOptions {
  readonly dir: string;
  /** Of its name, where there are several. */
  readonly note?: string;
  /** Where there are several: 0, 1 and so on. */
  readonly row?: number;
  /** More of what `npm start` takes. */
  readonly args?: readonly string[];
}

/** Starts what `npm start` starts: the services from their sources, and one process for all sidecars. */
export async function startLocalContender({
  dir,
  note = "",
  row = LAST_ROW,
  args = [],
}: LocalOptions): Promise<Contender> {
  const port = await freeRow(FIRST_PORT + row * ROW, SERVICES.length);
  const launcher = await startProcess({
    command: process.execPath,
    args: [START, "--quiet", "--port", String(port), "--data", dir, ...args],
    logFile: join(dir, "launcher.log"),
    ready: createPortGate(port),
  });
  // Each time: whoever looks whether a port is free listens there for a moment, which the gate takes for an open shop.
  const pids = (isSidecar: boolean) =>
    childrenOf(launcher.pid)
      .filter(({ name }) => (name === "sidecars") === isSidecar)
      .map(({ pid }) => pid);
  const customer = createCustomer({
    origin: `http://127.0.0.1:${port}`,
    pathOf: () => "/orders",
    body: BODY,
    idOf: (_key, { text }) => JSON.parse(text).orderId,
  });
  return {
    name: `this one, \`npm start\`${note}`,
    durability: "SQLite: WAL, synchronous NORMAL; the last commits",
    effectsLog: join(dir, "effects.jsonl"),
    place: customer.place,
    processes: () => ({ services: pids(false), between: [...pids(true), launcher.pid], stores: [] }),
    async stop() {
      await customer.close();
      await launcher.stop();
    },
  };
}
