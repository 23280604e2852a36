import { baseline, SHORT } from "../engines/baseline.ts";
import { daprd } from "../engines/daprd.ts";
import { redis } from "../engines/redis.ts";
import { folder } from "./flow.ts";
import { builds, startDaprContender } from "./flow-dapr.ts";
import { interleave, startAll, stopAll } from "./flow-rounds.ts";
import { requireEngines } from "./missing.ts";
import type { Section } from "./section.ts";

const ORDERS = 250;
const WARM_UP = 100;

/** One order at a time, of one build and of the other in turn: from its POST until its customer was told that it is shipped. */
export async function measureAlone(): Promise<Section> {
  requireEngines("one order at a time", [baseline, daprd, redis]);
  const all = await startAll([
    () => startDaprContender(builds.baseline, { dir: folder("alone-baseline") }),
    () => startDaprContender(builds.ours, { dir: folder("alone-ours") }),
  ]);
  try {
    for (const { run } of all) await run(WARM_UP);
    const timed = all.map((running) => ({ ...running, name: running.contender.name, times: [] as number[] }));
    await interleave(timed, { rounds: ORDERS, work: async ({ runOne, times }) => void times.push(await runOne()) });
    for (const { check } of all) await check();
    const [before, ours] = timed.map(({ times }) => [quantile(times, 0.5), quantile(times, 0.99)] as const);
    const [[p50 = 0, p99 = 0] = [], [ours50 = 0, ours99 = 0] = []] = [before, ours];
    return {
      title: `One order at a time, ${ORDERS} of each build in turn`,
      head: ["build", "p50 ms", "p99 ms"],
      rows: timed.map(({ name, times }) => [name, quantile(times, 0.5).toFixed(0), quantile(times, 0.99).toFixed(0)]),
      bars: [
        { what: `p50 from POST to shipped, over commit ${SHORT}`, value: ours50 / p50, most: 1.2 },
        { what: `p99 from POST to shipped, over commit ${SHORT}`, value: ours99 / p99, most: 1.2 },
      ],
    };
  } finally {
    await stopAll(all);
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
