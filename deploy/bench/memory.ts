import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { orderEvent, TOKEN } from "./events.ts";
import { load } from "./load.ts";
import { median, type Section } from "./section.ts";
import { startServer } from "./server-process.ts";

const BUILT = join(import.meta.dirname, "../../dist/dapr/billing.mjs");
/** What an import of node:http would bring besides, Node's whole fetch, is 12 MB: bare is without. */
const BARE = `require("node:http").createServer((request, answer) => {
  const body = [];
  request.on("data", (piece) => body.push(piece));
  request.on("end", () => answer.writeHead(200, { "content-type": "application/json" }).end('{"status":"SUCCESS"}'));
}).listen(0, "127.0.0.1", function () {
  console.log(JSON.stringify({ msg: "ready", address: "http://127.0.0.1:" + this.address().port }));
});`;

/** As Node lays itself out in a pod of 256 MiB: half of it for what is old, and a 128th of that half for what is new. source: V8, heap.cc */
const IN_A_POD = ["--max-old-space-size=128", "--max-semi-space-size=1"];

const EVENTS = 20_000;
const BULK = 50;
/** Fresh processes that get events, of those with metrics, as in production: each takes seconds. */
const LOADED = 2;
const IDLE_MS = 1_000;

type Env = Readonly<Record<string, string>>;
type Candidate = readonly [name: string, args: readonly string[], env?: Env];

const BARE_NAME = "bare node:http";
const PLAIN = "billing.mjs";
const WITH_METRICS = "billing.mjs, METRICS_PORT";
const candidates: readonly Candidate[] = [
  [BARE_NAME, ["--eval", BARE]],
  [PLAIN, [BUILT]],
  [WITH_METRICS, [BUILT], { METRICS_PORT: "0" }],
];

/** In KiB: all that is resident, and without what other processes share (each its part of it). */
interface Resident {
  readonly rss: number;
  readonly pss: number;
}

/**
 * What a built service takes of memory, started as in production, against a node:http server that got the same requests. RSS, for a
 * process by itself, as in a pod; PSS beside it depends on how many others run the same Node.
 */
export async function measureMemory(rounds: number): Promise<Section> {
  const { child: sidecar, port } = await startServer("sidecar");
  const idle = new Map(candidates.map(([name]): [string, Resident[]] => [name, []]));
  const loaded = new Map(candidates.map(([name]): [string, Resident[]] => [name, []]));
  try {
    for (let round = 0; round < rounds; round++)
      for (const candidate of round % 2 === 0 ? candidates : candidates.toReversed()) {
        const [name] = candidate;
        const events = name !== PLAIN && round < LOADED ? EVENTS : 0;
        const [before, after] = await measureOne(candidate, { sidecar: port, events });
        idle.get(name)?.push(before);
        if (after) loaded.get(name)?.push(after);
      }
  } finally {
    sidecar.kill("SIGKILL");
  }
  const ratio = (samples: ReadonlyMap<string, readonly Resident[]>, name: string, what: keyof Resident) => {
    const of = (name: string) => median((samples.get(name) ?? []).map((each) => each[what]));
    return of(name) / of(BARE_NAME);
  };
  return {
    title: "Memory over bare node:http",
    head: ["process", "RSS idle", "PSS idle", `RSS after ${EVENTS} events`, `PSS after ${EVENTS} events`],
    rows: candidates.map(([name]) => [
      name,
      ...[idle, loaded].flatMap((samples) => [ratio(samples, name, "rss"), ratio(samples, name, "pss")].map(toText)),
    ]),
    bars: [
      { what: "RSS idle", value: ratio(idle, PLAIN, "rss"), most: 1.3 },
      { what: "RSS idle, with metrics", value: ratio(idle, WITH_METRICS, "rss"), most: 1.3 },
      { what: `RSS after ${EVENTS} events, with metrics`, value: ratio(loaded, WITH_METRICS, "rss"), most: 2.5 },
    ],
  };
}

const toText = (value: number) => (Number.isNaN(value) ? "" : value.toFixed(2));

interface MeasureOptions {
  readonly sidecar: number;
  readonly events: number;
}

/** Of a fresh process: idle, and after events if it is to get any. */
async function measureOne(
  [name, args, env]: Candidate,
  { sidecar, events }: MeasureOptions,
): Promise<readonly [Resident, Resident?]> {
  const child = spawn(process.execPath, [...IN_A_POD, ...args], {
    env: {
      ...{ PATH: process.env.PATH, NODE_ENV: "production", APP_PORT: "0", APP_API_TOKEN: TOKEN },
      ...{ DAPR_HTTP_PORT: String(sidecar), LOG_LEVEL: "info", ...env },
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const port = await portOf(child, name);
    await sleep(IDLE_MS);
    const idle = residentOf(child);
    if (events === 0) return [idle];
    await deliver(port, events);
    await sleep(IDLE_MS);
    return [idle, residentOf(child)];
  } finally {
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  }
}

async function portOf({ stdout }: ChildProcess, name: string): Promise<number> {
  for await (const line of createInterface({ input: stdout as NodeJS.ReadableStream })) {
    const { msg, address } = JSON.parse(line);
    if (msg === "ready") return Number(new URL(address).port);
  }
  throw new Error(`${name} does not start`);
}

/** As a sidecar does: one bulk at a time, each entry the bytes that were published. */
async function deliver(port: number, events: number): Promise<void> {
  const headers = { "content-type": "application/json", "dapr-api-token": TOKEN };
  const entry = (_: unknown, index: number) => ({
    ...{ entryId: String(index), contentType: "application/octet-stream", metadata: {} },
    event: Buffer.from(JSON.stringify(orderEvent())).toString("base64"),
  });
  const shot = () => ({
    path: "/orders",
    headers,
    body: JSON.stringify({ entries: Array.from({ length: BULK }, entry) }),
  });
  const statuses = await load({ port, count: events / BULK, connections: 1, shot });
  if (statuses.get(200) !== events / BULK) throw new Error(`memory: ${JSON.stringify([...statuses])}`);
}

/** source: proc(5), /proc/pid/smaps_rollup */
function residentOf({ pid }: ChildProcess): Resident {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const of = (what: string) => Number(new RegExp(`^${what}:\\s+(\\d+) kB$`, "m").exec(rollup)?.[1]);
  return { rss: of("Rss"), pss: of("Pss") };
}
