import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { type Contender, type Follower, followEffects, type Usage, usageOf, usedSince } from "./flow-contender.ts";

/** How many customers ask at once. */
const IN_FLIGHT = 16;
/** What is written down once the last customer was told belongs to its orders as well. */
const REST_MS = 300;

/** One contender in one round. */
export interface Turn {
  readonly ordersPerSecond: number;
  /** ms of the processor for an order. */
  readonly cpu: Usage;
  /** Of the same, whoever asks and watches. */
  readonly asking: number;
}

/** A contender that runs, and what was asked of it. */
export interface Running {
  readonly contender: Contender;
  /** Places so many orders, 16 at a time, and waits until all are shipped. */
  run(orders: number): Promise<Turn>;
  /** Places one, and waits until it is shipped. out: ms */
  runOne(): Promise<number>;
  /** throws: unless each order so far had every effect, and no mail twice */
  check(): Promise<void>;
  stop(): Promise<void>;
}

export function toRunning(contender: Contender): Running {
  const follower: Follower = followEffects(contender);
  const ids: string[] = [];
  const place = async () => {
    const id = await contender.place(randomUUID());
    ids.push(id);
    return id;
  };
  return {
    contender,
    async run(orders) {
      const placed: string[] = [];
      let next = 0;
      const customer = async () => {
        while (next++ < orders) placed.push(await place());
      };
      const before = usageOf(contender.processes());
      const own = process.cpuUsage();
      const started = performance.now();
      await Promise.all(Array.from({ length: IN_FLIGHT }, customer));
      await follower.shipped(placed);
      const seconds = (performance.now() - started) / 1_000;
      const { user, system } = process.cpuUsage(own);
      await pause(REST_MS);
      const used = usedSince(before, usageOf(contender.processes()));
      const { services, between, stores } = used;
      return {
        ordersPerSecond: orders / seconds,
        cpu: { services: services / orders, between: between / orders, stores: stores / orders },
        asking: (user + system) / 1_000 / orders,
      };
    },
    async runOne() {
      const started = performance.now();
      await follower.shipped([await place()]);
      return performance.now() - started;
    },
    async check() {
      await pause(REST_MS);
      follower.check(ids);
    },
    async stop() {
      follower.close();
      await contender.stop();
    },
  };
}

/** Starts contenders, one after the other. Where one does not start, those that do are stopped. */
export async function startAll(starts: readonly (() => Promise<Contender>)[]): Promise<readonly Running[]> {
  const started: Running[] = [];
  try {
    for (const start of starts) started.push(toRunning(await start()));
    return started;
  } catch (error) {
    await stopAll(started);
    throw error;
  }
}

export const stopAll = (running: readonly Running[]) => Promise.all(running.map((each) => each.stop()));

/** Every one in each round, in turn, forwards and backwards. */
export async function interleave<Item>(
  items: readonly Item[],
  { rounds, work }: { readonly rounds: number; readonly work: (item: Item) => Promise<void> },
): Promise<void> {
  for (let round = 0; round < rounds; round++)
    for (const item of round % 2 === 0 ? items : items.toReversed()) await work(item);
}
