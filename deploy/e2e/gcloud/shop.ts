import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import { OrderCreated } from "../../../functions/events/index.ts";
import { type Running, startProcess } from "../../engines/engine.ts";
import { type FirestoreEmulator, startFirestoreEmulator } from "../../engines/firestore-emulator.ts";
import { type PubsubEmulator, startPubsubEmulator } from "../../engines/pubsub-emulator.ts";
import { buildGcf } from "../../gcloud/build.ts";
import { FIRST_PORT } from "../tools/ports.ts";

const ROOT = join(import.meta.dirname, "../../..");
export const PROJECT = "loosely-test";
export const TOPICS = ["orders", "bills", "shipments"] as const;
export const SUBSCRIPTIONS = [
  ["billing", "orders"],
  ["notification", "orders"],
  ["shipping", "orders"],
  ["order", "bills"],
  ["order", "shipments"],
] as const;
const FUNCTIONS = ["billing", "notification", "shipping", "order", "edge"] as const;
type FunctionName = (typeof FUNCTIONS)[number];

/** Waits until it is so. throws: with what it was last, when it takes too long */
export async function eventually<T>(
  ask: () => Promise<T>,
  { until, withinMs = 60_000 }: { readonly until: (answer: T) => boolean; readonly withinMs?: number },
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (until(answer)) return answer;
    if (Date.now() > deadline)
      throw new Error(`not so within ${withinMs} ms: ${JSON.stringify(answer)?.slice(0, 2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface FunctionOptions {
  readonly name: FunctionName;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
}

/** A built function under the real framework, as the platform starts it. */
const startFunction = ({ name, port, env, folder }: FunctionOptions): Promise<Running> =>
  startProcess({
    command: process.execPath,
    args: [
      join(ROOT, "node_modules/.bin/functions-framework"),
      `--source=${join(ROOT, "dist/gcf", name)}`,
      `--target=${name}`,
      `--port=${port}`,
    ],
    env: { NODE_ENV: "production", RELAY: "on", ...env },
    logFile: join(folder, `${name}.log`),
    ready: async () => (await fetch(`http://127.0.0.1:${port}/`)).ok,
  });

export interface GcloudShop {
  readonly folder: string;
  readonly pubsub: PubsubEmulator;
  readonly firestore: FirestoreEmulator;
  /** By function. */
  readonly urls: Readonly<Record<FunctionName, string>>;
  readonly effectsLog: string;
  /** Starts a function, again if it runs, with further variables. */
  start(name: FunctionName, env?: Readonly<Record<string, string>>): Promise<Running>;
  process(name: FunctionName): Running;
  /** out: one line per attempt at an effect */
  effects(): readonly Effect[];
  stop(): Promise<void>;
}

export interface Effect {
  readonly kind: "charge" | "mail" | "book";
  readonly key: string;
  readonly event: string;
}

/** The whole shop on the emulators, all functions with further variables; no topic yet and no subscription. */
export async function startGcloudShop(
  folder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<GcloudShop> {
  mkdirSync(folder, { recursive: true });
  await buildGcf(join(ROOT, "dist/gcf"));
  const [pubsub, firestore] = await Promise.all([startPubsubEmulator({ folder }), startFirestoreEmulator({ folder })]);
  const ports = await freePorts(FIRST_PORT, FUNCTIONS.length);
  const portOf = (name: FunctionName) => ports[FUNCTIONS.indexOf(name)] as number;
  const effectsLog = join(folder, "effects.jsonl");
  const running = new Map<FunctionName, Running>();

  const start = async (name: FunctionName, env: Readonly<Record<string, string>> = {}) => {
    await running.get(name)?.kill();
    const started = await startFunction({
      name,
      port: portOf(name),
      folder,
      env: {
        GOOGLE_CLOUD_PROJECT: PROJECT,
        PUBSUB_EMULATOR_HOST: pubsub.host,
        FIRESTORE_EMULATOR_HOST: firestore.host,
        EFFECTS_LOG: effectsLog,
        EDGE_DEMO: "on",
        ...settings,
        ...env,
      },
    });
    running.set(name, started);
    return started;
  };

  await Promise.all(FUNCTIONS.map((name) => start(name)));
  return {
    folder,
    pubsub,
    firestore,
    urls: Object.fromEntries(FUNCTIONS.map((name) => [name, `http://127.0.0.1:${portOf(name)}`])) as GcloudShop["urls"],
    effectsLog,
    start,
    process: (name) => running.get(name) as Running,
    effects: () => readEffects(effectsLog),
    async stop() {
      await Promise.all([...running.values(), pubsub, firestore].map((each) => each.kill()));
    },
  };
}

function readEffects(file: string): readonly Effect[] {
  const lines = readFileSync(file, { encoding: "utf8", flag: "a+" }).split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** Topics with a holder of dead letters. */
export async function createTopics({ pubsub }: GcloudShop): Promise<void> {
  for (const topic of [...TOPICS, "dead-letters"]) await pubsub.call("PUT", `projects/${PROJECT}/topics/${topic}`, {});
  await pubsub.call("PUT", `projects/${PROJECT}/subscriptions/dead-letters`, {
    topic: `projects/${PROJECT}/topics/dead-letters`,
    ackDeadlineSeconds: 60,
  });
}

interface SubscribeOptions {
  readonly wrapped?: boolean;
  readonly attempts?: number;
}

/** As deploy.sh does, but for shorter times. */
export async function subscribe(
  { pubsub, urls }: GcloudShop,
  [name, topic]: (typeof SUBSCRIPTIONS)[number],
  { wrapped = false, attempts = 100 }: SubscribeOptions = {},
): Promise<void> {
  await pubsub.call("PUT", `projects/${PROJECT}/subscriptions/${name}-${topic}`, {
    topic: `projects/${PROJECT}/topics/${topic}`,
    ackDeadlineSeconds: 10,
    pushConfig: {
      pushEndpoint: `${urls[name]}/${topic}`,
      ...(wrapped ? {} : { noWrapper: { writeMetadata: true } }),
    },
    deadLetterPolicy: {
      deadLetterTopic: `projects/${PROJECT}/topics/dead-letters`,
      maxDeliveryAttempts: attempts,
    },
    retryPolicy: { minimumBackoff: "0.1s", maximumBackoff: "0.5s" },
  });
}

/** out: an order's id */
export async function placeOrder({ urls }: GcloudShop, body?: object): Promise<string> {
  const answer = await fetch(`${urls.edge}/orders`, {
    method: "POST",
    ...(body ? { headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : {}),
  });
  if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { readonly orderId: string }).orderId;
}

/** An order whose charge is declined. */
export const DECLINED = {
  customer: OrderCreated.sample.customer,
  items: [{ sku: "mug-blue", quantity: 1, unitPrice: 40_200 }],
  currency: "EUR",
};

export async function statusOf({ urls }: GcloudShop, orderId: string): Promise<string> {
  const answer = await fetch(`${urls.edge}/orders/${orderId}`);
  return ((await answer.json()) as { readonly status: string }).status;
}

export const toReach = (shop: GcloudShop, { orderId, status }: { readonly orderId: string; readonly status: string }) =>
  eventually(() => statusOf(shop, orderId), { until: (now) => now === status });

export async function publish(
  { pubsub }: GcloudShop,
  { topic, event, attributes = {} }: { topic: string; event: object; attributes?: Readonly<Record<string, string>> },
): Promise<void> {
  const data = Buffer.from(JSON.stringify(event)).toString("base64");
  await pubsub.call("POST", `projects/${PROJECT}/topics/${topic}:publish`, { messages: [{ data, attributes }] });
}

export interface Letter {
  readonly event: Readonly<Record<string, unknown>>;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Takes dead letters out, for good. */
export async function takeLetters({ pubsub }: GcloudShop): Promise<readonly Letter[]> {
  const path = `projects/${PROJECT}/subscriptions/dead-letters`;
  const { receivedMessages = [] } = (await pubsub.call("POST", `${path}:pull`, {
    maxMessages: 100,
    returnImmediately: true,
  })) as { receivedMessages?: { ackId: string; message: { data: string; attributes?: Record<string, string> } }[] };
  if (receivedMessages.length > 0)
    await pubsub.call("POST", `${path}:acknowledge`, { ackIds: receivedMessages.map(({ ackId }) => ackId) });
  return receivedMessages.map(({ message: { data, attributes = {} } }) => ({
    event: JSON.parse(Buffer.from(data, "base64").toString()),
    attributes,
  }));
}

/** out: one line for each kind of effect: how many keys, how many attempts */
export function countEffects(effects: readonly Effect[]) {
  const of = (kind: Effect["kind"]) => {
    const keys = effects.filter((each) => each.kind === kind).map(({ key }) => key);
    return { keys: new Set(keys).size, attempts: keys.length };
  };
  return { charge: of("charge"), mail: of("mail"), book: of("book") };
}
