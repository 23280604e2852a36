import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Check, Fault } from "../../../adapters/local/console/api-types.ts";
import { createDueBy } from "../../../adapters/local/console/due-by.ts";
import { createFaults } from "../../../adapters/local/console/faults.ts";
import { openHistory } from "../../../adapters/local/console/history.ts";
import { createStatus } from "../../../adapters/local/console/status.ts";
import { type Started, startSystem } from "../../../adapters/local/launcher.ts";
import { runnable } from "../../../adapters/local/runnable.ts";
import { system } from "../../../functions/index.ts";
import { topicsOf } from "../../../functions/kernel/define.ts";
import { type Placing, pause, placeOne, placeOrders, until } from "../shop/orders.ts";
import { settle } from "../shop/settle.ts";
import { faultsOf } from "../shop/sums.ts";

/** Placed while each fault lasts, one every 100 ms. */
const ORDERS = 6;
const EVERY_MS = 100;
/** Of one check. */
const PATIENCE_MS = 60_000;
/** How long something is broken before it is mended. */
const BROKEN_MS = 1_500;
/** By then what an order waits for at most is due. */
const LATER_MS = 16 * 60_000;
const MOST_END_MS = 12_000;

let shop: Shop;
const placings: Placing[] = [];

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop?.close());

type Shop = Awaited<ReturnType<typeof openShop>>;

async function openShop() {
  const dataDir = mkdtempSync(join(tmpdir(), "loosely-faults-"));
  const database = join(dataDir, "broker.db");
  const history = openHistory(join(dataDir, "history.db"));
  const troubles: string[] = [];
  const started: Started = await startSystem({
    ...{ ...runnable, port: 0, dataDir, history: () => history },
    onLine: () => {},
    onTrouble: (text) => troubles.push(text),
  });
  const status = createStatus({
    ...{ history, database },
    subscriptions: system.functions.flatMap(({ name: app, definition }) =>
      topicsOf(definition).map((topic) => ({ app, topic })),
    ),
    services: started.probe,
    broken: () => faults.broken(),
    checks: () => faults.checks(),
  });
  const dueBy = createDueBy(database);
  const faults = createFaults({ control: started.control, history, status: status.read, system, dueBy });
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= started.stop());
  const urlOf = (name: string) => started.services.find((each) => each.name === name)?.url ?? "";
  return {
    ...{ dataDir, history, faults, started, troubles, stop },
    url: urlOf("order"),
    async close() {
      await stop();
      faults.close();
      status.close();
      history.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

const stateOf = ({ id }: Check) => shop.faults.checks().find((check) => check.id === id);

/** Does it while orders come. out: what came of it */
async function checked(check: Check): Promise<Check | undefined> {
  await until(() => stateOf(check)?.state !== "watching", { what: `${check.fault} is judged`, withinMs: PATIENCE_MS });
  const end = stateOf(check);
  console.log(`${check.fault}: ${end?.state}: ${end?.seen}`);
  return end;
}
const place = () => void placings.push(placeOrders(shop.url, ORDERS, { everyMs: EVERY_MS }));
/** out: its status, and when to ask again where it is refused */
async function answerToOrder(): Promise<string> {
  const { status, headers } = await fetch(`${shop.url}/orders`, { method: "POST" });
  return status === 503 ? `503 ${headers.get("retry-after")}` : `${status}`;
}
const lastCharge = () => shop.history.before({ kind: "effect", limit: 50 }).find(({ how }) => how === "charge");

it.each(["billing", "sidecars"])("%s is killed while orders come, and all goes on", async (what) => {
  place();
  await pause(EVERY_MS);
  expect(await checked(await shop.faults.do({ do: "kill", what }))).toMatchObject({ state: "held" });
});

it.each<[Fault, Fault]>([
  [
    { do: "stop", what: "billing" },
    { do: "start", what: "billing" },
  ],
  [
    { do: "stop", what: "sidecars" },
    { do: "start", what: "sidecars" },
  ],
  [
    { do: "away", what: "broker" },
    { do: "back", what: "broker" },
  ],
  [
    { do: "away", what: "store" },
    { do: "back", what: "store" },
  ],
])("%j holds until %j, an order is answered or refused aloud, and all that waited ends", async (broken, mended) => {
  place();
  await pause(EVERY_MS);
  const first = await shop.faults.do(broken);
  await pause(BROKEN_MS);
  expect(await answerToOrder()).toMatch(/^202|503 \d+$/);
  const last = await shop.faults.do(mended);
  expect(await Promise.all([first, last].map(checked))).toMatchObject([{ state: "held" }, { state: "held" }]);
});

it("the next deliveries fail, and what failed is handled", async () => {
  const check = await shop.faults.do({ do: "fail", app: "billing", times: 3 });
  place();
  expect(await checked(check)).toMatchObject({ state: "held" });
});

it.each([
  ["once more", { times: 1, afterMs: 0 }],
  ["later", { times: 1, afterMs: 500 }],
  ["twice at once", { times: 2, afterMs: 0 }],
] as const)("an event that was charged for is delivered %s, and is charged for once", async (_how, how) => {
  await placeOne(shop.url, { key: crypto.randomUUID() });
  await until(() => lastCharge() !== undefined, { what: "something is charged for" });
  const event = lastCharge()?.event ?? "";
  const entry = shop.history
    .story(event)
    ?.happenings.find(({ kind, event: id }) => kind === "published" && id === event);
  const check = await shop.faults.do({ do: "again", app: "billing", entry: entry?.entry ?? 0, ...how });
  expect(await checked(check)).toMatchObject({ state: "held", seen: expect.stringContaining("duplicate") });
});

it("a clock jumps, what is due by then comes, and the clock goes right again", async () => {
  const ahead = await checked(await shop.faults.do({ do: "clock", what: "order", byMs: LATER_MS }));
  expect(ahead).toMatchObject({
    state: "held",
    seen: expect.stringMatching(/[1-9]\d* were due by then, and have come/),
  });
  const right = await shop.faults.do({ do: "clock", what: "order", byMs: 0 });
  expect(await checked(right)).toMatchObject({ state: "held" });
});

it("after all that every order that was accepted has ended, and its sums add up", async () => {
  await Promise.all(placings.map(({ done }) => done));
  const sums = await settle(shop.url, {
    ids: placings.flatMap(({ accepted }) => [...accepted.keys()]),
    effectsLog: join(shop.dataDir, "effects.jsonl"),
    withinMs: PATIENCE_MS,
  });
  expect([faultsOf(sums), sums.accepted]).toEqual([[], placings.length * ORDERS]);
  expect(shop.troubles.filter((text) => !text.includes("killed by hand"))).toEqual([]);
});

it("it ends in time with a service stopped and the broker away", async () => {
  await shop.faults.do({ do: "away", what: "broker" });
  await shop.faults.do({ do: "stop", what: "shipping" });
  const began = Date.now();
  await shop.stop();
  expect(Date.now() - began).toBeLessThan(MOST_END_MS);
  expect(Object.values(shop.started.pids()).filter((pid) => pid !== undefined)).toEqual([]);
});
