import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import { startRedis } from "../../engines/redis.ts";
import { until } from "../shop/orders.ts";
import { FIRST_PORT } from "../tools/ports.ts";
import type { Broker, BrokerKind } from "./brokers.ts";
import { COUNTER, type Count, Counted, type Line } from "./counting.ts";
import { RESOURCES, TEST_TIMES, writeOverlay } from "./overlay.ts";
import { type Pod, podPorts, startPod, TOKENS } from "./shop.ts";
import { subscribedAsOurs } from "./subscription.ts";

/** As they ship, but that Redis soon gives to others what a sidecar died with. */
const TIMES = {
  dispatchMs: 10_000,
  giveUpAfterMs: 90_000,
  resiliency: { ...TEST_TIMES.resiliency, timeout: "15s" },
  pubsub: { ...TEST_TIMES.pubsub, processingTimeout: "10s" },
};
/** Of a request: events of so many documents, one of each. It says them side by side. */
const SAID_AT_ONCE = 100;

/** A function that counts, on a broker, subscribed as ours are. */
export interface Counter {
  readonly broker: Broker;
  readonly pod: Pod;
  /** Says them, those of one document in their order. */
  say(counts: readonly Count[]): Promise<void>;
  /** Of which documents something was said. */
  said(): readonly string[];
  /** What was handled so far. */
  lines(): readonly Line[];
  stop(): Promise<void>;
}

/** out: once it hears what is said */
export async function startCounter({
  kind,
  dir,
}: {
  readonly kind: BrokerKind;
  readonly dir: string;
}): Promise<Counter> {
  const broker = await kind.start(join(dir, "broker"));
  const [statePort = 0] = await freePorts(FIRST_PORT + 10, 1);
  const state = await startRedis({ port: statePort, dir: join(dir, "state") });
  const resources = join(dir, "resources");
  const metadata = { pubsub: broker.metadata, statestore: { redisHost: `127.0.0.1:${statePort}` } };
  writeOverlay({ folders: [RESOURCES, kind.folder], into: resources, metadata, times: TIMES, stranger: COUNTER });
  writeFileSync(join(resources, "subscriptions.yaml"), subscribedAsOurs(COUNTER, String(Counted.topic)));
  const env = { DISPATCH_TIMEOUT_MS: String(TIMES.dispatchMs), GIVE_UP_AFTER_MS: String(TIMES.giveUpAfterMs) };
  const script = join(import.meta.dirname, "counting-function.ts");
  const pod = await startPod({ name: COUNTER, script, ports: await podPorts(1), dir, resources, env });
  const lines = readerOf(join(dir, "effects.jsonl"));
  const documents = new Set<string>();
  const counter: Counter = {
    broker,
    pod,
    lines,
    said: () => [...documents],
    async say(counts) {
      for (const { document } of counts) documents.add(document);
      for (const some of apart(counts)) await publishAll(pod, some);
    },
    async stop() {
      await pod.kill();
      await Promise.all([broker.stop(), state.kill()]);
    },
  };
  let n = 0;
  const isHeard = async () => {
    await counter.say([{ document: "first", n: ++n }]);
    return lines().length > 0;
  };
  await until(isHeard, { what: "the counter hears what is said", everyMs: 200 });
  return counter;
}

/** out: reads what was added since */
function readerOf(log: string): () => readonly Line[] {
  const lines: Line[] = [];
  let bytes = 0;
  return () => {
    const added = existsSync(log) ? readFileSync(log).subarray(bytes) : Buffer.alloc(0);
    const whole = added.subarray(0, added.lastIndexOf("\n") + 1);
    bytes += whole.length;
    for (const line of whole.toString().split("\n").slice(0, -1)) lines.push(JSON.parse(line));
    return lines;
  };
}

/** In the order in which they came, no two of one document together. */
function* apart(counts: readonly Count[]): Iterable<readonly Count[]> {
  let some = new Map<string, Count>();
  for (const count of counts) {
    if (some.has(count.document) || some.size === SAID_AT_ONCE) {
      yield [...some.values()];
      some = new Map();
    }
    some.set(count.document, count);
  }
  if (some.size > 0) yield [...some.values()];
}

async function publishAll({ sidecarPort }: Pod, counts: readonly Count[]): Promise<void> {
  const entries = counts.map((data) => {
    const id = `${data.document}-${data.n}`;
    const event = { specversion: "1.0", id, source: "/test", ...Counted(data), datacontenttype: "application/json" };
    const metadata = { partitionKey: data.document };
    return { entryId: id, contentType: "application/cloudevents+json", event, metadata };
  });
  const answer = await fetch(`http://127.0.0.1:${sidecarPort}/v1.0-alpha1/publish/bulk/pubsub/${Counted.topic}`, {
    method: "POST",
    headers: { "dapr-api-token": TOKENS.DAPR_API_TOKEN, "content-type": "application/json" },
    body: JSON.stringify(entries),
  });
  if (answer.status !== 204) throw new Error(`publish answered ${answer.status}: ${await answer.text()}`);
}
