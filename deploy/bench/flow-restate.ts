import { join } from "node:path";
import { SERVICES } from "../e2e/dapr/shop.ts";
import { createPortGate } from "../engines/ask.ts";
import { allOrNone, type Running, startProcess } from "../engines/engine.ts";
import { registerService, startRestate, VERSION } from "../engines/restate.ts";
import { type Contender, createCustomer } from "./flow-contender.ts";
import { BODY, takePorts } from "./flow-dapr.ts";

const SERVICE = join(import.meta.dirname, "restate-service.ts");

/** Starts the same flow on a Restate server, with its settings as they come. */
export async function startRestateContender({ dir }: { readonly dir: string }): Promise<Contender> {
  const effectsLog = join(dir, "effects.jsonl");
  const [ingress = 0, admin = 0, node = 0, ...ports] = await takePorts(3 + SERVICES.length);
  const starting = SERVICES.map((name, index) =>
    startProcess({
      command: process.execPath,
      args: [SERVICE, name, String(ports[index])],
      env: { EFFECTS_LOG: effectsLog, RESTATE_LOGGING: "ERROR" },
      logFile: join(dir, `${name}.log`),
      ready: createPortGate(ports[index] ?? 0),
    }),
  );
  const kill = (running: Running) => running.kill();
  const started = await allOrNone([startRestate({ dir, ports: { ingress, admin, node } }), ...starting], kill);
  const [server, ...services] = started;
  const customer = createCustomer({
    origin: `http://127.0.0.1:${ingress}`,
    pathOf: (key) => `/order/${key}/place`,
    body: BODY,
    idOf: (key) => key,
  });
  const stop = async () => {
    await customer.close();
    await Promise.all(started.map(kill));
  };
  try {
    for (const port of ports) await registerService(admin, `http://127.0.0.1:${port}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    name: `Restate ${VERSION}`,
    durability: "RocksDB: rocksdb-disable-wal-fsync false, as it comes; nothing",
    effectsLog,
    place: customer.place,
    processes: () => ({ services: services.map(({ pid }) => pid), between: [server?.pid ?? 0], stores: [] }),
    stop,
  };
}
