import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createSidecar, type Sidecar } from "../../../adapters/dapr/sidecar-client.ts";
import { createDaprLedger } from "../../../adapters/dapr/state-ledger.ts";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import { daprd, startDaprd } from "../../engines/daprd.ts";
import { redis, startRedis } from "../../engines/redis.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { FIRST_PORT } from "../tools/ports.ts";
import { RESOURCES, writeOverlay } from "./overlay.ts";

const missing = whyMissing("bulks of state", [daprd, redis]);
const keys = (count: number) => Array.from({ length: count }, (_, nth) => `k${nth}`);

/** A ledger on a real daprd with Redis, and what it asks of it. */
async function start() {
  const dir = freshFolder("state-bulk");
  const [port = 0, httpPort = 0, grpcPort = 0, internalGrpcPort = 0] = await freePorts(FIRST_PORT + 40, 4);
  const store = await startRedis({ port, dir });
  onTestFinished(() => store.kill());
  const resources = join(dir, "resources");
  const metadata = { statestore: { redisHost: `127.0.0.1:${port}` } };
  writeOverlay({ folders: [RESOURCES], into: resources, metadata, stranger: "keeper-of-state" });
  const ports = { httpPort, grpcPort, internalGrpcPort };
  const logFile = join(dir, "daprd.log");
  const process = await startDaprd({ appId: "keeper-of-state", ...ports, resources: [resources], logFile });
  onTestFinished(() => process.kill());
  const endpoint = `http://127.0.0.1:${httpPort}`;
  const sidecar = createSidecar({ endpoint, version: "v1.0", token: undefined, timeoutMs: 10_000 });
  onTestFinished(() => sidecar.close());
  const calls: string[] = [];
  const watched: Sidecar = {
    ...sidecar,
    async call(call) {
      const answer = await sidecar.call(call);
      calls.push(`${call.method} ${call.path} ${answer.status}`);
      return answer;
    },
  };
  return { ledger: createDaprLedger({ sidecar: watched, store: "statestore" }), calls, store };
}

it.skipIf(missing !== undefined)(
  "a real daprd with Redis saves fifty in a request, and of a bulk with lost races each is told its own truth",
  async () => {
    const { ledger, calls } = await start();
    const all = keys(50);
    const entryOf = (what: string) => ({ what, text: "Zoë 🛒 <&> \u2028", sum: 2 ** 53 - 1 });
    const saveAll = (what: string, expected: (key: string) => string | undefined) =>
      Promise.all(all.map((key) => ledger.save(key, entryOf(`${what} ${key}`), { expected: expected(key) })));
    expect(new Set(await saveAll("first", () => undefined))).toEqual(new Set([true]));
    const first = await Promise.all(all.map((key) => ledger.load(key)));
    expect(first).toEqual(all.map((key) => ({ entry: entryOf(`first ${key}`), version: "1" })));
    expect(calls).toEqual(["POST state/statestore 204", "POST state/statestore/bulk 200"]);

    // Another is faster with three of them, and one is created that is there.
    for (const key of ["k3", "k7", "k20"]) await ledger.save(key, entryOf("another's"), { expected: "1" });
    calls.length = 0;
    const lost = new Set(["k3", "k7", "k20", "k30"]);
    const second = await saveAll("second", (key) => (key === "k30" ? undefined : "1"));
    expect(second).toEqual(all.map((key) => (lost.has(key) ? false : "2")));
    expect(calls.map((call) => call.replace(/(409|500)$/, "refused"))).toEqual([
      "POST state/statestore refused",
      "POST state/statestore/bulk 200",
    ]);
    const held = await ledger.loadAll(["k0", "k3", "k30"]);
    expect(held.map(({ entry }) => entry?.what)).toEqual(["second k0", "another's", "first k30"]);
    // What was told is what the next save wants.
    expect(await ledger.save("k0", entryOf("third"), { expected: "2" })).toBe(true);
  },
);

it.skipIf(missing !== undefined)("throws for all of a bulk while Redis is away", async () => {
  const { ledger, store } = await start();
  await ledger.save("k0", { what: "there" }, { expected: undefined });
  await store.kill();
  const told = await Promise.allSettled(keys(3).map((key) => ledger.save(key, { key }, { expected: undefined })));
  expect(told.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
});
