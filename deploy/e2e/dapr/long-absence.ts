import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { settings } from "../../../adapters/dapr/config.ts";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import { BillPaid, OrderCreated } from "../../../functions/events/index.ts";
import { daprd } from "../../engines/daprd.ts";
import { askRedis, redis, startRedis } from "../../engines/redis.ts";
import { pause, until } from "../shop/orders.ts";
import { parseAttempts } from "../shop/sums.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { FIRST_PORT } from "../tools/ports.ts";
import { brokers, type DeadLetter } from "./brokers.ts";
import { RESOURCES, writeOverlay } from "./overlay.ts";
import { publish } from "./publish.ts";
import { eventsOf } from "./redis-stream.ts";
import { podPorts, startPod } from "./shop.ts";

const EVENTS = 30;
/**
 * Longer than Redis waits for a delivery, 130 s, and looks for those that it has waited for, every 10 s. daprd tries on beyond
 * that in 1.14.0 and 1.18.3; its main branch of 2026 binds the attempts to the delivery's time (dapr/dapr,
 * pkg/runtime/subscription/subscription.go), after which the event would be a dead letter.
 */
const AWAY_MS = 150_000;
const PATIENCE_MS = AWAY_MS + 120_000;

/** What came of the events that waited for billing. */
interface Seen {
  /** How often each had been given to the sidecar when billing came back. */
  readonly given: readonly number[];
  readonly charged: readonly string[];
  readonly paid: readonly string[];
  readonly letters: readonly DeadLetter[];
}

/** Billing on Redis, at the times that ship, away for long. It takes minutes, of which something else makes use. */
export function describeLongAbsence(meanwhile: () => void): void {
  const missing = whyMissing("an app that is away for long", [daprd, redis]);
  let absence: Absence | undefined;
  beforeAll(async () => {
    if (missing === undefined) absence = await beginAbsence();
  });
  afterAll(() => absence?.stop());

  meanwhile();

  it.skipIf(missing !== undefined)(
    `brings billing each of ${EVENTS} events, and each has its effect once, after it was away for longer than Redis waits for a delivery`,
    async () => {
      const seen = await absence?.over;
      expect(seen?.given).toHaveLength(EVENTS);
      // Otherwise billing was not away for long enough to show anything.
      expect(Math.min(...(seen?.given ?? []))).toBeGreaterThan(1);
      // One that came in two bulks at once may be tried twice, under its key.
      expect([...new Set(seen?.charged)].toSorted()).toEqual(ORDERS.toSorted());
      expect(seen?.paid.toSorted()).toEqual(ORDERS.toSorted());
      expect(seen?.letters).toEqual([]);
    },
    PATIENCE_MS,
  );
}

const ORDERS = Array.from({ length: EVENTS }, (_, number) => `away-${number}`);

interface Absence {
  readonly over: Promise<Seen>;
  stop(): Promise<void>;
}

async function beginAbsence(): Promise<Absence> {
  const dir = freshFolder("long-absence");
  const broker = await brokers.redis.start(join(dir, "broker"));
  const [statePort = 0] = await freePorts(FIRST_PORT + 10, 1);
  const state = await startRedis({ port: statePort, dir: join(dir, "state") });
  const resources = join(dir, "resources");
  const metadata = { pubsub: broker.metadata, statestore: { redisHost: `127.0.0.1:${statePort}` } };
  const folders = [RESOURCES, brokers.redis.folder];
  writeOverlay({ folders, into: resources, metadata, times: "as they ship" });
  const env = {
    DISPATCH_TIMEOUT_MS: defaultOf("DISPATCH_TIMEOUT_MS"),
    GIVE_UP_AFTER_MS: defaultOf("GIVE_UP_AFTER_MS"),
  };
  const billing = await startPod({ name: "billing", ports: await podPorts(1), dir, resources, env });
  const port = Number(broker.metadata.redisHost?.split(":")[1]);
  const effectsLog = join(dir, "effects.jsonl");
  const charged = () => (existsSync(effectsLog) ? parseAttempts(readFileSync(effectsLog, "utf8")) : []);
  const pending = async () =>
    JSON.parse(await askRedis({ port }, ["XPENDING", "orders", "billing", "-", "+", "1000"])) as readonly Pending[];
  const say = (orderId: string) =>
    publish(billing, {
      topic: "orders",
      body: JSON.stringify({ ...EVENT, id: orderId, data: { ...SAMPLE, orderId } }),
    });

  await say("first");
  // Answered as well: it is none of those that wait.
  await until(async () => charged().length > 0 && (await pending()).length === 0, {
    what: "billing hears what is said",
  });
  await billing.service().kill();
  for (const orderId of ORDERS) await say(orderId);

  const wait = async (): Promise<Seen> => {
    await pause(AWAY_MS);
    const given = (await pending()).map(([, , , times]) => times);
    await billing.startService();
    await until(async () => (await pending()).length === 0, { what: "billing has answered for all" });
    const isOurs = (orderId: string) => orderId !== "first";
    const paid = async () => {
      const bills = eventsOf(await askRedis({ port }, ["XRANGE", "bills", "-", "+"]));
      // What comes again is said again, under the same id.
      const subjects = bills.filter(({ type }) => type === BillPaid.type).map(({ subject }) => String(subject));
      return [...new Set(subjects)].filter(isOurs);
    };
    // What was not done within a second was parked, and is at work.
    await until(async () => (await paid()).length >= EVENTS, { what: "all are charged, and said so" });
    return {
      given,
      charged: charged()
        .map(({ key }) => key)
        .filter(isOurs),
      paid: await paid(),
      letters: await broker.deadLetters(),
    };
  };
  const over = wait();
  over.catch(() => {});
  return {
    over,
    async stop() {
      await billing.kill();
      await Promise.all([broker.stop(), state.kill()]);
    },
  };
}

/** A row of XPENDING: id, consumer, ms since it was given, how often. */
type Pending = readonly [string, string, number, number];

const SAMPLE = OrderCreated.sample;
const EVENT = { specversion: "1.0", source: "/test", type: OrderCreated.type, datacontenttype: "application/json" };

const defaultOf = (variable: string): string => {
  const value = settings.find((setting) => setting.variable === variable)?.default;
  if (value === undefined) throw new Error(`${variable}: must have a default`);
  return value;
};
