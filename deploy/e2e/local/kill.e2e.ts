import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Entry } from "../../../adapters/core/ledger/entry.ts";
import type { Relayed } from "../../../adapters/core/relay/relay.ts";
import { childrenOf, createTestShop, type TestShop } from "../../../adapters/local/test-shop.ts";
import { createRandom } from "../../random.ts";
import { type Placing, pause, placeOrders, until } from "../shop/orders.ts";
import { settle } from "../shop/settle.ts";
import { faultsOf } from "../shop/sums.ts";

const ORDERS = 200;
/** Of these, what order says fails at first: it answers 202, and nobody asks again. */
const UNSAID = 5;
const UNSAID_SKU = "unsaid-at-first";
const SEEDS = [1, 2, 3, 4, 5];
/** From its first order on, the timers of all orders before are due. */
const LATER_FROM = 3;
const PROCESSES = ["order", "billing", "notification", "shipping", "sidecars"];

const LONGEST_PAUSE_MS = 900;
const PATIENCE_MS = 150_000;
/** By how much it is later then: clock.mjs. */
const LATER_MS = 16 * 60_000;
/** Between clocks, and within this test. */
const SLACK_MS = 60_000;
/** As long as anything may be due and not done. */
const MOST_DUE_MS = 60_000;

let shop: TestShop;
let launcher: number;
let laterFile: string;
let relayedLog: string;
const unsaid: Placing[] = [];

beforeAll(async () => {
  shop = await createTestShop();
  [laterFile, relayedLog] = [join(shop.dataDir, "later"), join(shop.dataDir, "relayed.jsonl")];
  const env = {
    NODE_OPTIONS: ["../tools/clock.mjs", "../shop/break-orders.mjs"]
      .map((file) => `--import ${join(import.meta.dirname, file)}`)
      .join(" "),
    UNSAID_SKU,
    UNSAID_LOG: join(shop.dataDir, "unsaid"),
    RELAYED_LOG: relayedLog,
    CLOCK_OF: "order",
    CLOCK_LATER: laterFile,
  };
  [launcher = 0] = (await shop.open(env)).map(({ pid }) => pid);
});
afterAll(async () => {
  await shop.close();
  shop.forget();
});

it.each(SEEDS)(
  "the local shop finishes 200 orders while each of its processes is killed at random moments, and its relay works beside them (seed %i)",
  async (seed) => {
    const random = createRandom(seed);
    if (seed === LATER_FROM) writeFileSync(laterFile, "");
    const placing = placeOrders(shop.url, ORDERS);
    unsaid.push(placeOrders(shop.url, UNSAID, { everyMs: 800, sku: UNSAID_SKU }));
    // Twice each: a launcher gives up on a process that dies five times in ten seconds.
    for (const name of random.shuffle([...PROCESSES, ...PROCESSES])) {
      await pause(random.next() * LONGEST_PAUSE_MS);
      const victim = () => childrenOf(launcher).find((each) => each.name === name)?.pid;
      await until(() => victim() !== undefined, { what: `${name} runs` });
      process.kill(victim() ?? 0, "SIGKILL");
    }
    await placing.done;
    const sums = await settleOf([placing]);
    expect(faultsOf(sums)).toEqual([]);
    expect(sums.accepted).toBe(ORDERS);
  },
);

it("what order could not say at first is said by its relay, and those orders end as all others", async () => {
  await Promise.all(unsaid.map(({ done }) => done));
  const sums = await settleOf(unsaid);
  expect(faultsOf(sums)).toEqual([]);
  expect(sums.accepted).toBe(SEEDS.length * UNSAID);
  expect(saidByRelay({ later: false })).toBeGreaterThan(0);
});

it("the timers of the orders before were handed out beside those that came, and nothing that is due is left", async () => {
  await until(() => overdue().length === 0, { what: "all that was due is done", withinMs: MOST_DUE_MS });
  // A look that is killed logs nothing of what it has said.
  expect(saidByRelay({ later: true })).toBeGreaterThan(ORDERS);
});

const settleOf = (placings: readonly Placing[]) =>
  settle(shop.url, {
    ids: placings.flatMap(({ accepted }) => [...accepted.keys()]),
    effectsLog: join(shop.dataDir, "effects.jsonl"),
    withinMs: PATIENCE_MS,
  });

/** How much the relay of order says it has said, before it was later or since. */
function saidByRelay({ later }: { readonly later: boolean }): number {
  const lines = existsSync(relayedLog) ? readFileSync(relayedLog, "utf8").trim().split("\n") : [];
  return lines
    .map((line): Pick<Relayed, "said"> & { readonly time: number } => JSON.parse(line))
    .filter(({ time }) => time > Date.now() + SLACK_MS === later)
    .reduce((sum, { said }) => sum + said, 0);
}

/** The documents with something that was due for longer than it may be. */
function overdue(): readonly string[] {
  const database = new DatabaseSync(join(shop.dataDir, "broker.db"), { readOnly: true });
  const rows = database.prepare("select key, value from state").all() as { key: string; value: string }[];
  database.close();
  return rows
    .filter(({ key, value }) => {
      const { outbox = {}, parked }: Partial<Entry> = JSON.parse(value);
      const now = Date.now() + (key.startsWith("order||") ? LATER_MS : 0);
      return [...Object.values(outbox), ...(parked ? [parked] : [])].some(({ due = now }) => due < now - MOST_DUE_MS);
    })
    .map(({ key }) => key);
}
