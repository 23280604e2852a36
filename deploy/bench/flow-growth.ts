import { setTimeout as pause } from "node:timers/promises";
import { daprd } from "../engines/daprd.ts";
import { askRedis, redis } from "../engines/redis.ts";
import { fillRedis, type Stored } from "./fill-redis.ts";
import { folder } from "./flow.ts";
import { builds, type DaprContender, startDaprContender } from "./flow-dapr.ts";
import { interleave, type Running, startAll, stopAll } from "./flow-rounds.ts";
import { requireEngines } from "./missing.ts";
import { type Bar, median, type Section } from "./section.ts";

const FEW = 2_000;
/** Beside a store that has few. */
const MANY = [20_000, 100_000];
/** 500 orders of each. */
const ROUNDS = 5;
const ORDERS = 100;
const WARM_UP = 200;
/** Orders whose documents all others are copies of. */
const MODELS = 20;
/** Until a service has written all that it writes of an order. */
const WRITTEN_MS = 2_000;

/**
 * What 500 orders take beside a store that is full, over what they take beside one that is not. It is filled past the services, with
 * the documents that they write. Neither Redis writes to the disk meanwhile: a file of a gigabyte would be rewritten.
 */
export async function measureFlowGrowth(): Promise<Section> {
  requireEngines("a store that is full", [daprd, redis]);
  const all = await startAll([
    () => startDaprContender(builds.ours, { dir: folder("growth-few") }),
    () => startDaprContender(builds.ours, { dir: folder("growth-many") }),
  ]);
  try {
    const [few, many] = all as [Running, Running];
    const stores = all.map(({ contender }) => (contender as DaprContender).stores.state) as [number, number];
    for (const port of stores) await askRedis({ port }, ["CONFIG", "SET", "appendonly", "no"]);
    await few.run(MODELS);
    await pause(WRITTEN_MS);
    const models = await documentsIn(stores[0]);
    for (const port of stores) await fillRedis(port, copies(models, { from: 0, to: FEW }));
    for (const { run } of all) await run(WARM_UP);
    const rows: string[][] = [];
    const bars: Bar[] = [];
    let filled = FEW;
    for (const orders of MANY) {
      await fillRedis(stores[1], copies(models, { from: filled, to: orders }));
      filled = orders;
      const value = await compare(few, many);
      const keys = Number(await askRedis({ port: stores[1] }, ["DBSIZE"]));
      rows.push([String(orders), String(keys), value.toFixed(2)]);
      bars.push({ what: `time of an order where ${orders} are in the store, over ${FEW}`, value, most: 1.15 });
    }
    for (const { check } of all) await check();
    return {
      title: `${ROUNDS * ORDERS} orders beside those in the store`,
      head: ["orders", "documents", "time"],
      rows,
      bars,
    };
  } finally {
    await stopAll(all);
  }
}

/** out: the time of one over that of the other */
async function compare(few: Running, many: Running): Promise<number> {
  const samples = new Map<Running, number[]>([
    [few, []],
    [many, []],
  ]);
  const work = async (running: Running) => void samples.get(running)?.push((await running.run(ORDERS)).ordersPerSecond);
  await interleave([few, many], { rounds: ROUNDS, work });
  const fast = samples.get(few) ?? [];
  const slow = samples.get(many) ?? [];
  return median(fast.map((speed, round) => speed / (slow[round] ?? speed)));
}

/** One call for all. */
const ALL = `local all = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  all[#all + 1] = {key, redis.call('HGETALL', key), redis.call('PTTL', key)}
end
return all`;

/** All that services have written of orders: their ids are derived, those of processes are not. */
async function documentsIn(port: number): Promise<readonly Stored[]> {
  const all: readonly [key: string, fields: string[], ttlMs: number][] = JSON.parse(
    await askRedis({ port }, ["EVAL", ALL, "0"]),
  );
  return all.flatMap(([key, fields, ttlMs]) =>
    key.search(DERIVED) < 0 ? [] : { key, fields, ...(ttlMs > 0 ? { ttlMs } : {}) },
  );
}

/** UUIDs of version 5, and of these all but the last eight digits. */
const DERIVED = /([0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{4})[0-9a-f]{8}/g;

/** The same documents of other orders: each id is another in each copy, and the same wherever it stands in one. */
function* copies(models: readonly Stored[], { from, to }: { readonly from: number; readonly to: number }) {
  for (let copy = from / MODELS; copy < to / MODELS; copy++) {
    const suffix = (copy + 1).toString(16).padStart(8, "0");
    const rename = (text: string) => text.replaceAll(DERIVED, (_, kept: string) => kept + suffix);
    for (const { key, fields, ...rest } of models) yield { ...rest, key: rename(key), fields: fields.map(rename) };
  }
}
