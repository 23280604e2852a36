import { randomUUID } from "node:crypto";
import type { FunctionDefinition } from "../../functions/kernel/define.ts";

import { account, deposit, portsFor } from "./account.ts";
import { followOne } from "./one-order.ts";
import type { Section } from "./section.ts";
import { type CountedShop, openCountedShop } from "./state-calls.ts";
import { localSidecar, withStore } from "./stores.ts";

const DELIVERIES = 3;
const IN_FLIGHT = 50;
const ORDERS = 200;
const AT_ONCE = 100;
const KB = 1_024;

/** What the ledger takes for one order, and for many events at once: counted, so that any machine counts the same. */
export async function measureOrderLedger(): Promise<Section> {
  const behind = await followOne(DELIVERIES, "at once");
  const late = await followOne(DELIVERIES, "at the end");
  const calls = await countStateCalls();
  const runs = await withStore(localSidecar, (ledger) => countRuns(portsFor(ledger)));
  const bars = [
    { what: `events said, every delivery ${DELIVERIES} times in a row`, value: behind.publishes, most: 8 },
    { what: `events said, every delivery ${DELIVERIES} times, repeated at the end`, value: late.publishes, most: 8 },
    { what: "KB of the order's document a day later", value: late.bytesLater / KB, most: 1.2 },
    { what: "requests to the state API for an order alone", value: calls.alone, most: 23 },
    { what: `the same, ${IN_FLIGHT} in flight`, value: calls.crowded, most: 12 },
    { what: `handler runs for ${AT_ONCE} events of one subject at once`, value: runs, most: 110 },
  ];
  return {
    title: "What an order takes of the ledger",
    head: ["what", "how much"],
    rows: [["KB of a shipped order's document, right after", (late.bytes / KB).toFixed(2)]],
    bars,
  };
}

async function countStateCalls(): Promise<{ readonly alone: number; readonly crowded: number }> {
  const shop = await openCountedShop();
  try {
    await shop.place();
    await shop.count();
    await shop.place();
    const alone = await shop.count();
    await placeMany(shop);
    return { alone, crowded: (await shop.count()) / ORDERS };
  } finally {
    await shop.close();
  }
}

async function placeMany({ place }: CountedShop): Promise<void> {
  let placed = 0;
  const customer = async () => {
    while (placed++ < ORDERS) await place();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, customer));
}

/** throws: unless each of the events was handled */
async function countRuns(ports: Parameters<typeof deposit>[2]): Promise<number> {
  let runs = 0;
  const subject = randomUUID();
  const counted = counting(account, () => runs++);
  await Promise.all(Array.from({ length: AT_ONCE }, () => deposit(counted, subject, ports)));
  return runs;
}

const counting = (fn: FunctionDefinition, onRun: () => void): FunctionDefinition => ({
  ...fn,
  on: new Map(
    [...fn.on].map(([type, clause]) => [
      type,
      {
        ...clause,
        async react(event, state) {
          onRun();
          return clause.react(event, state);
        },
      },
    ]),
  ),
});
