import { join } from "node:path";
import { createHttpClient } from "../../adapters/core/host/http-client.ts";
import { TOKENS } from "../e2e/dapr/shop.ts";
import { until } from "../e2e/shop/orders.ts";
import { baseline, SHORT } from "../engines/baseline.ts";
import { daprd } from "../engines/daprd.ts";
import { redis } from "../engines/redis.ts";
import { orderEvent } from "./events.ts";
import { folder } from "./flow.ts";
import { followEffects } from "./flow-contender.ts";
import { builds, type DaprBuild, type DaprPods, startDaprPods } from "./flow-dapr.ts";
import { interleave } from "./flow-rounds.ts";
import { requireEngines } from "./missing.ts";
import { median, type Section } from "./section.ts";

const TAKES_MS = 100;
const MOST_ROUNDS = 3;
const PUBLISHERS = 16;
const SLOW_CHARGES = join(import.meta.dirname, "slow-charges.mjs");

/** How many events make a round of some seconds. */
interface Candidate {
  readonly build: DaprBuild;
  readonly events: number;
}
const candidates: readonly Candidate[] = [
  { build: builds.baseline, events: 30 },
  { build: builds.ours, events: 200 },
];

/** Events a second of one pod of billing, whose charges take as long as somebody far away does. */
export async function measureWaits(rounds: number): Promise<Section> {
  requireEngines("handlers that wait", [baseline, daprd, redis]);
  const pods: Timed[] = [];
  try {
    for (const [index, candidate] of candidates.entries()) pods.push(await open(candidate, folder(`waits-${index}`)));
    for (const { run } of pods) await run();
    const samples = new Map(pods.map((pod): [Timed, number[]] => [pod, []]));
    await interleave(pods, {
      rounds: Math.min(rounds, MOST_ROUNDS),
      work: async (pod) => void samples.get(pod)?.push(await pod.run()),
    });
    const [before = [], ours = []] = samples.values();
    const value = median(ours.map((speed, round) => speed / (before[round] ?? speed)));
    return {
      title: `One pod whose handlers wait ${TAKES_MS} ms`,
      head: ["build", "events/s"],
      rows: [...samples].map(([{ name }, speeds]) => [name, median(speeds).toFixed(0)]),
      bars: [{ what: `events/s where handlers wait ${TAKES_MS} ms, over commit ${SHORT}`, value, least: 10 }],
    };
  } finally {
    for (const { stop } of pods) await stop();
  }
}

interface Timed extends Pick<DaprPods, "name" | "stop"> {
  /** out: events a second */
  run(): Promise<number>;
}

async function open({ build, events }: Candidate, dir: string): Promise<Timed> {
  const env = { NODE_OPTIONS: `--import=${SLOW_CHARGES}`, CHARGE_TAKES_MS: String(TAKES_MS) };
  const pods = await startDaprPods(build, { dir, names: ["billing"], env });
  const follower = followEffects(pods);
  const sidecar = createHttpClient({ origin: `http://127.0.0.1:${pods.ports[0]?.sidecar}`, timeoutMs: 10_000 });
  const publish = async (): Promise<string> => {
    const event = orderEvent();
    const headers = { "content-type": "application/cloudevents+json", "dapr-api-token": TOKENS.DAPR_API_TOKEN };
    const path = "/v1.0/publish/pubsub/orders";
    const answer = await sidecar.call({ method: "POST", path, headers, body: JSON.stringify(event) });
    if (answer.status !== 204) throw new Error(`${build.name}: publish answered ${answer.status} ${answer.text}`);
    return String(event.subject);
  };
  return {
    name: build.name,
    async run() {
      const ids: string[] = [];
      let next = 0;
      const publisher = async () => {
        while (next++ < events) ids.push(await publish());
      };
      const started = performance.now();
      await Promise.all(Array.from({ length: PUBLISHERS }, publisher));
      await until(() => follower.count("charge", ids) === ids.length, {
        what: `${build.name}: all are charged`,
        everyMs: 5,
      });
      return (events * 1_000) / (performance.now() - started);
    },
    async stop() {
      follower.close();
      await sidecar.close();
      await pods.stop();
    },
  };
}
