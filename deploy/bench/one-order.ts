import { dispatch } from "../../adapters/core/dispatch/dispatch.ts";
import type { Ports } from "../../adapters/core/dispatch/ports.ts";
import { place } from "../../adapters/core/edge/edge.ts";
import { served, settings } from "../../adapters/core/edge/test-orders.ts";
import { subjectDocumentKey } from "../../adapters/core/event/ids.ts";
import { createFunctions } from "../../adapters/core/host/system-parts.ts";
import type { Ledger } from "../../adapters/core/ledger/ledger.ts";
import { createMemoryLedger } from "../../adapters/core/ledger/memory-ledger.ts";
import type { Said } from "../../adapters/core/relay/publish.ts";
import { relayNow } from "../../adapters/core/relay/relay-now.ts";
import { createEffects } from "../../adapters/effects/index.ts";
import { system } from "../../functions/index.ts";
import { type FunctionDefinition, topicsOf } from "../../functions/kernel/define.ts";
import type { CloudEvent } from "../../functions/kernel/event.ts";

const HOUR_MS = 60 * 60 * 1_000;
const DAY_MS = 24 * HOUR_MS;
const TRACE = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;

/** Where the repetitions of a message come: behind each other, or when all others have been delivered. */
export type Repeats = "at once" | "at the end";

/** What an order takes in one process, each service with a ledger of its own in memory. */
export interface OneOrder {
  /** Events that reached the broker. */
  readonly publishes: number;
  /** Of the order's document, once it is shipped. */
  readonly bytes: number;
  /** Of the same, after what it said was kept for its time. */
  readonly bytesLater: number;
}

/** Follows an order to its end, every message delivered so many times. throws: when it is not shipped then */
export async function followOne(times: number, repeats: Repeats): Promise<OneOrder> {
  let passed = 0;
  let publishes = 0;
  const queue: Said[] = [];
  const functions = createFunctions(system, createEffects({}));
  const portsOf = (): Ports => ({
    ledger: createMemoryLedger(),
    async publish(said) {
      publishes += said.length;
      const again = repeats === "at once" ? times : 1;
      for (const each of said) queue.push(...Array.from({ length: again }, () => each));
    },
    ...{ now: () => Date.now() + passed, deadlineMs: 10_000, leaseMs: 15_000, isRelayed: true },
  });
  const ports = new Map<FunctionDefinition, Ports>(functions.map((fn) => [fn, portsOf()]));
  const deliver = async (said: Said) => {
    const event = JSON.parse(said.body) as CloudEvent;
    for (const fn of functions.filter((each) => topicsOf(each).includes(said.topic))) {
      const outcome = await dispatch(fn, { event, traceparent: TRACE }, ports.get(fn) as Ports);
      if (outcome.kind !== "ack") throw new Error(`${fn.name}: ${JSON.stringify(outcome)}`);
    }
  };

  const own = ports.get(functions[0] as FunctionDefinition) as Ports;
  const ask = { headers: { traceparent: TRACE }, body: Buffer.alloc(0) };
  const { body } = await place(served, ask, { settings, ports: own });
  const { orderId } = body as { orderId: string };
  const delivered: Said[] = [];
  for (let said = queue.shift(); said; said = queue.shift()) {
    await deliver(said);
    delivered.push(said);
  }
  if (repeats === "at the end")
    for (let more = 1; more < times; more++) {
      for (const said of delivered) await deliver(said);
      for (let said = queue.shift(); said; said = queue.shift()) await deliver(said);
    }

  const key = subjectDocumentKey(served.fn, orderId);
  const bytes = await bytesOf(own.ledger, key);
  // Its timers, and then what was said and has been kept for its time.
  for (const at of [HOUR_MS, DAY_MS + HOUR_MS, 2 * DAY_MS + 3 * HOUR_MS]) {
    passed = at;
    await relayNow(served.fn, own);
  }
  return { publishes, bytes, bytesLater: await bytesOf(own.ledger, key) };
}

async function bytesOf(ledger: Ledger, key: string): Promise<number> {
  const { entry } = await ledger.load(key);
  if (!JSON.stringify(entry?.state ?? {}).includes('"shipment"')) throw new Error("the order is not shipped");
  return Buffer.byteLength(JSON.stringify(entry));
}
