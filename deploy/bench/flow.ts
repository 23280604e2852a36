import { freshFolder } from "../e2e/tools/output.ts";
import { baseline } from "../engines/baseline.ts";
import { daprd } from "../engines/daprd.ts";
import { redis } from "../engines/redis.ts";
import { restate } from "../engines/restate.ts";
import { builds, type DaprContender, setFsync, startDaprContender } from "./flow-dapr.ts";
import { startLocalContender } from "./flow-local.ts";
import { startRestateContender } from "./flow-restate.ts";
import { interleave, type Running, startAll, stopAll, type Turn } from "./flow-rounds.ts";
import { requireEngines } from "./missing.ts";
import { median, type Section } from "./section.ts";

const ORDERS = 300;
const WARM_UP = 150;
const MOST_ROUNDS = 3;

/** What is measured in every round. */
interface Entrant {
  readonly name: string;
  readonly durability: string;
  readonly running: Running;
  readonly before?: () => Promise<void>;
  readonly after?: () => Promise<void>;
  readonly turns: Turn[];
}

export const folder = (name: string): string => freshFolder(`bench-${name}`);

/**
 * The same flow six ways: order, charge, three mails, booking. Each is a whole shop that runs all the time, with stores of its own;
 * in each round all are measured in turn, and ratios are those of one round. A row more: ours with as much written to the disk as
 * Restate writes. Bare is the flow without a ledger: what comes is decoded, checked, handled, said and acknowledged, and a process that
 * dies takes it with it. The handlers alone, in twenty lines around them, check nothing and log nothing as well.
 */
export async function measureFlow(rounds: number): Promise<Section> {
  requireEngines("the flow", [baseline, daprd, redis, restate]);
  const all = await startAll([
    () => startDaprContender(builds.baseline, { dir: folder("flow-baseline") }),
    () => startDaprContender(builds.ours, { dir: folder("flow-ours") }),
    () => startRestateContender({ dir: folder("flow-restate") }),
    () => startLocalContender({ dir: folder("flow-local") }),
    () => startDaprContender(builds.bare, { dir: folder("flow-bare") }),
    () => startDaprContender(builds.alone, { dir: folder("flow-alone") }),
  ]);
  try {
    const [before, ours, peer, local, bare, alone] = all.map(
      (running): Entrant => ({ ...running.contender, running, turns: [] }),
    ) as [Entrant, Entrant, Entrant, Entrant, Entrant, Entrant];
    const shop = ours.running.contender as DaprContender;
    const synced: Entrant = {
      ...{ name: `${ours.name}, each write synced`, durability: "Redis: appendonly, appendfsync always; nothing" },
      ...{ running: ours.running, turns: [] },
      before: () => setFsync(shop, "always"),
      after: () => setFsync(shop, "everysec"),
    };
    for (const { run } of all) await run(WARM_UP);
    const entrants = [before, ours, synced, peer, local, bare, alone];
    await interleave(entrants, { rounds: Math.min(rounds, MOST_ROUNDS), work: takeTurn });
    for (const { check } of all) await check();
    return toSection(entrants, { before, ours, peer, bare });
  } finally {
    await stopAll(all);
  }
}

async function takeTurn({ running, turns, before, after }: Entrant): Promise<void> {
  await before?.();
  turns.push(await running.run(ORDERS));
  await after?.();
}

const speedOf = ({ ordersPerSecond }: Turn) => ordersPerSecond;
const cpuOf = ({ cpu: { services, between } }: Turn) => services + between;

function toSection(
  entrants: readonly Entrant[],
  { before, ours, peer, bare }: Readonly<Record<"before" | "ours" | "peer" | "bare", Entrant>>,
): Section {
  const of = ({ turns }: Entrant, figure: (turn: Turn) => number) => median(turns.map(figure));
  const ratio = (one: Entrant, other: Entrant, figure = speedOf) =>
    median(one.turns.map((turn, round) => figure(turn) / figure(other.turns[round] ?? turn)));
  const row = (entrant: Entrant) => [
    ...[entrant.name, entrant.durability, of(entrant, speedOf).toFixed(0), of(entrant, cpuOf).toFixed(1)],
    ...[of(entrant, ({ cpu }) => cpu.services).toFixed(1), of(entrant, ({ cpu }) => cpu.between).toFixed(1)],
    ...[of(entrant, ({ cpu }) => cpu.stores).toFixed(1), of(entrant, ({ asking }) => asking).toFixed(1)],
    ...[ratio(entrant, before).toFixed(2), ratio(entrant, peer).toFixed(2), ratio(entrant, before, cpuOf).toFixed(2)],
  ];
  return {
    title: `${ORDERS} orders, ${entrants.length} ways, ${before.turns.length} rounds`,
    head: [
      ...["who", "on the disk", "orders/s", "CPU ms/order", "services", "sidecars or server"],
      ...["apart: broker and state store", "apart: whoever asks"],
      ...["orders/s over the first", `over ${peer.name}`, "CPU over the first"],
    ],
    rows: entrants.map(row),
    bars: [
      { what: `orders/s over ${before.name}`, value: ratio(ours, before), least: 2.5 },
      { what: `orders/s over ${peer.name}`, value: ratio(ours, peer), least: 1.8 },
      { what: `CPU an order over ${before.name}`, value: ratio(ours, before, cpuOf), most: 0.4 },
      { what: "CPU an order without a ledger, over ours", value: ratio(bare, ours, cpuOf), least: 0.5 },
    ],
  };
}
