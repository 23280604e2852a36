import { BillPaid } from "../../functions/events/index.ts";
import { cpuMs } from "./cpu.ts";
import { orderEvent, SINGLE, TOKEN, toBulk, toRawBulk } from "./events.ts";
import { load } from "./load.ts";
import { installPeers } from "./peers.ts";
import { type Bar, median, type Section } from "./section.ts";
import { type Running, startServer } from "./server-process.ts";

const REQUESTS = 10_000;
/** Until the engine has compiled what is hot: its compiler's threads count as processor time of the server. */
const WARM_UP = 30_000;
const BULK = 50;
const CONNECTIONS = 32;
/** Of bulks: a sidecar has one under way (app-max-concurrency), and waits for its answer. */
const AT_A_TIME = 1;

/** As five of the twelve deliveries of an order. */
const toIgnored = (events: readonly object[]) => toRawBulk(events.map((event) => ({ ...event, type: BillPaid.type })));

interface Candidate {
  readonly name: string;
  readonly server: string;
  readonly path: string;
  /** Writes many events as one request. */
  readonly bulk?: (events: readonly object[]) => string;
}

const candidates: readonly Candidate[] = [
  { name: "bare node:http, body not parsed", server: "bare", path: "/orders" },
  { name: "ours, single", server: "ours", path: "/orders" },
  { name: `ours, bulk of ${BULK}`, server: "ours", path: "/orders", bulk: toBulk },
  { name: "ours, billing: charges and says bill.paid", server: "ours-billing", path: "/orders" },
  { name: `ours, bulk of ${BULK}, raw`, server: "ours", path: "/orders", bulk: toRawBulk },
  { name: `ours, bulk of ${BULK}, raw, none consumed`, server: "ours", path: "/orders", bulk: toIgnored },
  { name: "Hono, parse and check", server: "hono", path: "/orders" },
  { name: "DaprServer of @dapr/dapr", server: "dapr-server", path: "/pubsub--orders--default" },
  { name: "Express and the CloudEvents SDK", server: "express", path: "/orders" },
  { name: "functions-framework, cloudEvent", server: "functions-framework", path: "/" },
];

/** What it costs a subscriber to take an event: processor time of the server's process, from /proc. */
export async function measureReceiving(rounds: number): Promise<Section> {
  await installPeers();
  const running = new Map<string, Running>();
  try {
    for (const { server } of candidates) if (!running.has(server)) running.set(server, await startServer(server));
    for (const each of candidates) await shoot(each, running, WARM_UP);
    const samples = new Map(candidates.map(({ name }): [string, number[]] => [name, []]));
    for (let round = 0; round < rounds; round++)
      for (const each of round % 2 === 0 ? candidates : candidates.toReversed())
        samples.get(each.name)?.push(await shoot(each, running, REQUESTS));
    return toSection(samples);
  } finally {
    for (const { child } of running.values()) child.kill("SIGKILL");
  }
}

/** out: µs of the server's processor time for one event */
async function shoot({ path, bulk, server, name }: Candidate, running: ReadonlyMap<string, Running>, events: number) {
  const { child, port } = running.get(server) as Running;
  const count = bulk ? Math.ceil(events / BULK) * 4 : events;
  const bodies = Array.from({ length: count }, () =>
    bulk ? bulk(Array.from({ length: BULK }, orderEvent)) : JSON.stringify(orderEvent()),
  );
  const headers = bulk ? { "content-type": "application/json", "dapr-api-token": TOKEN } : SINGLE;
  const before = cpuMs(child.pid ?? 0);
  const shot = (number: number) => ({ path, headers, body: bodies[number] ?? "" });
  const statuses = await load({ port, count, connections: bulk ? AT_A_TIME : CONNECTIONS, isAwake: true, shot });
  const used = cpuMs(child.pid ?? 0) - before;
  const good = (statuses.get(200) ?? 0) + (statuses.get(204) ?? 0);
  if (good !== count) throw new Error(`${name}: ${JSON.stringify([...statuses])}`);
  return (used * 1_000) / (bulk ? count * BULK : count);
}

function toSection(samples: ReadonlyMap<string, readonly number[]>): Section {
  const of = (name: string) => samples.get(name) ?? [];
  const [bare = "", ours = "", bulk = "", , raw = "", ignored = "", , daprServer = ""] = candidates.map(
    ({ name }) => name,
  );
  const ratio = (a: string, b: string) => median(of(a).map((value, round) => value / (of(b)[round] ?? value)));
  const bars: readonly Bar[] = [
    // 0.53 to 0.60, of one build on one machine: bare, it is the kernel's calls, and the rest is computing.
    { what: "full path, requests a second over bare node:http", value: ratio(bare, ours), least: 0.42 },
    // It checks nothing and remembers nothing, and costs 1.4 times bare node:http: nothing on node:http is twice as fast.
    { what: "full path, requests a second over DaprServer", value: ratio(daprServer, ours), least: 0.6 },
    // Check, schema, digest and ledger are a third of a single request: what is shared is HTTP.
    { what: `bulk of ${BULK}, CPU of an event over single`, value: ratio(bulk, ours), most: 0.8 },
    { what: `bulk of ${BULK} raw, CPU of an event over single`, value: ratio(raw, ours), most: 0.8 },
    // It is read, since what is malformed has to be told, and that is all.
    { what: `bulk of ${BULK} raw, an ignored event over one that is handled`, value: ratio(ignored, raw), most: 0.6 },
  ];
  return {
    title: "Receiving an event of 1 KB",
    head: ["subscriber", "CPU over ours"],
    rows: candidates.map(({ name }) => [name, ratio(name, ours).toFixed(2)]),
    bars,
  };
}
