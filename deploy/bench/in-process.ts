import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CommunicationProtocolEnum, DaprClient } from "@dapr/dapr";
import { HTTP } from "cloudevents";
import { decode } from "../../adapters/core/event/decode.ts";
import { compact, EMPTY, withEvent } from "../../adapters/core/ledger/entry.ts";
import type { Ledger } from "../../adapters/core/ledger/ledger.ts";
import { createMemoryLedger } from "../../adapters/core/ledger/memory-ledger.ts";
import { createSqliteLedger } from "../../adapters/core/ledger/sqlite-ledger.ts";
import { createPublisher } from "../../adapters/dapr/publisher.ts";
import { SILENT } from "../../adapters/dapr/sdk.ts";
import { createSidecar } from "../../adapters/dapr/sidecar-client.ts";
import { createDaprLedger } from "../../adapters/dapr/state-ledger.ts";
import { orderEvent, SINGLE } from "./events.ts";
import type { Section } from "./section.ts";
import { startServer } from "./server-process.ts";

const PARSES = 20_000;
const PUBLISHES = 2_000;
const AT_ONCE = 16;
const SAVES = 1_000;

/** Runs so many of each in turn, round after round. out: ms of processor time of this process, by name and round */
async function interleave(
  candidates: ReadonlyMap<string, (number: number) => unknown>,
  { rounds, times, atOnce = 1 }: { readonly rounds: number; readonly times: number; readonly atOnce?: number },
): Promise<ReadonlyMap<string, readonly number[]>> {
  const samples = new Map([...candidates.keys()].map((name): [string, number[]] => [name, []]));
  // The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    const inTurn = [...candidates];
    for (const [name, work] of round % 2 === 0 ? inTurn : inTurn.toReversed()) {
      const before = process.cpuUsage();
      let next = 0;
      const worker = async () => {
        while (next < times) {
          const result = work(next++);
          if (result instanceof Promise) await result;
        }
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
      const { user, system } = process.cpuUsage(before);
      if (round > 0) samples.get(name)?.push((user + system) / 1_000);
    }
  }
  return samples;
}

/** Of the rounds in which each took least: whatever else the machine does only adds to it. */
const ratioIn = (samples: ReadonlyMap<string, readonly number[]>) => (a: string, b: string) =>
  Math.min(...(samples.get(a) ?? [])) / Math.min(...(samples.get(b) ?? []));

/** What reading an event costs over reading JSON. */
export async function measureDecode(rounds: number): Promise<Section> {
  const text = JSON.stringify(orderEvent());
  const body = Buffer.from(text);
  const candidates = new Map<string, () => unknown>([
    ["JSON.parse of the same bytes", () => JSON.parse(body.toString())],
    ["ours: decode, every check", () => decode({ headers: SINGLE, body })],
    ["HTTP.toEvent of the CloudEvents SDK", () => HTTP.toEvent({ headers: SINGLE, body: text })],
  ]);
  const ratio = ratioIn(await interleave(candidates, { rounds, times: PARSES }));
  const [json = "", ours = "", sdk = ""] = candidates.keys();
  return {
    title: "Decoding an event of 1 KB",
    head: ["decoder", "CPU over JSON.parse"],
    rows: [...candidates.keys()].map((name) => [name, ratio(name, json).toFixed(2)]),
    bars: [
      // 1.4 to 1.55 of one build, by the machine.
      { what: "decode over JSON.parse", value: ratio(ours, json), most: 1.7 },
      { what: "decode over the CloudEvents SDK", value: ratio(ours, sdk), most: 0.25 },
    ],
  };
}

/** What saying an event costs, at a sidecar that does nothing. */
export async function measurePublishing(rounds: number): Promise<Section> {
  const { child, port } = await startServer("sidecar");
  const sidecar = createSidecar({
    endpoint: `http://127.0.0.1:${port}`,
    version: "v1.0",
    token: undefined,
    timeoutMs: 5_000,
  });
  const publish = createPublisher({ sidecar, pubsubName: "pubsub" });
  const daprClient = new DaprClient({
    ...{ daprHost: "127.0.0.1", daprPort: String(port), communicationProtocol: CommunicationProtocolEnum.HTTP },
    logger: { service: SILENT },
  });
  await daprClient.start();
  const event = orderEvent();
  const body = JSON.stringify(event);
  const url = `http://127.0.0.1:${port}/v1.0/publish/pubsub/orders`;
  const candidates = new Map<string, (number: number) => Promise<unknown>>([
    // Of different subjects, as those that are said at once mostly are: of one, the next waits for the last.
    ["ours", (number) => publish([{ topic: "orders", key: `k-${number}`, body }])],
    ["DaprClient of @dapr/dapr", () => daprClient.pubsub.publish("pubsub", "orders", event)],
    [
      "global fetch",
      () => fetch(url, { method: "POST", headers: SINGLE, body }).then((answer) => answer.arrayBuffer()),
    ],
  ]);
  const samples = await interleave(candidates, { rounds, times: PUBLISHES, atOnce: AT_ONCE });
  const ratio = ratioIn(samples);
  const [ours = "", client = ""] = candidates.keys();
  await Promise.all([sidecar.close(), daprClient.stop()]);
  child.kill("SIGKILL");
  return {
    title: `Publishing, ${AT_ONCE} of different subjects at once`,
    head: ["client", "CPU over ours"],
    rows: [...candidates.keys()].map((name) => [name, ratio(name, ours).toFixed(2)]),
    bars: [{ what: "publish over DaprClient", value: ratio(ours, client), most: 0.3 }],
  };
}

/** What it costs to keep a document: read it, and write it anew. */
export async function measureLedgers(rounds: number): Promise<Section> {
  const { child, port } = await startServer("sidecar");
  const sidecar = createSidecar({
    endpoint: `http://127.0.0.1:${port}`,
    version: "v1.0",
    token: undefined,
    timeoutMs: 5_000,
  });
  const folder = mkdtempSync(join(tmpdir(), "loosely-bench-"));
  const sqlite = createSqliteLedger({ file: join(folder, "ledger.db") });
  const entry = withEvent(EMPTY, {
    key: compact(randomUUID()),
    digest: "d".repeat(22),
    own: { at: 1, said: [] },
    later: {},
  });
  let documentNumber = 0;
  const keep = (ledger: Ledger) => async () => {
    const key = `k-${documentNumber++}`;
    const { version } = await ledger.load(key);
    await ledger.save(key, entry, { expected: version, ttlMs: 60_000 });
  };
  const candidates = new Map([
    ["memory", keep(createMemoryLedger())],
    ["SQLite", keep(sqlite)],
    ["sidecar, at a stub", keep(createDaprLedger({ sidecar, store: "statestore" }))],
  ]);
  const ratio = ratioIn(await interleave(candidates, { rounds, times: SAVES, atOnce: AT_ONCE }));
  await Promise.all([sidecar.close(), sqlite.close?.()]);
  child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
  return {
    title: "Reading and writing a document",
    head: ["ledger", "CPU over SQLite"],
    rows: [...candidates.keys()].map((name) => [name, ratio(name, "SQLite").toFixed(2)]),
    bars: [],
  };
}
