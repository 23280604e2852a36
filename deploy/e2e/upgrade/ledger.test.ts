import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { dispatch } from "../../../adapters/core/dispatch/dispatch.ts";
import { eventDocumentKey, eventKey, subjectDocumentKey } from "../../../adapters/core/event/ids.ts";
import { createFunctions } from "../../../adapters/core/host/system-parts.ts";
import type { Ledger } from "../../../adapters/core/ledger/ledger.ts";
import { createSqliteLedger } from "../../../adapters/core/ledger/sqlite-ledger.ts";
import type { Said } from "../../../adapters/core/relay/publish.ts";
import { type ShopEffects, shop } from "../../../adapters/core/test-shop.ts";
import { createEffects } from "../../../adapters/effects/index.ts";
import {
  BillDeclined,
  BillPaid,
  OrderCancelled,
  OrderCreated,
  OrderPaid,
  OrderRequested,
  OrderShipped,
  ShipmentDispatched,
} from "../../../functions/events/index.ts";
import type { SampledEvent } from "../../../functions/events/sampled.ts";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { loadOldBuild, type OldBuild } from "./old-build/old-build.ts";

type Build = "old" | "new";

const folder = mkdtempSync(join(tmpdir(), "loosely-upgrade-"));
let oldBuild: OldBuild;
beforeAll(async () => {
  oldBuild = await loadOldBuild(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What each function hears of one order, in its order. */
const LIVES: readonly (readonly [name: string, life: string, types: readonly SampledEvent[]])[] = [
  ["order", "shipped", [OrderRequested, BillPaid, ShipmentDispatched]],
  ["order", "cancelled", [OrderRequested, BillDeclined]],
  ["billing", "paid", [OrderCreated]],
  ["notification", "told of all", [OrderCreated, OrderPaid, OrderCancelled, OrderShipped]],
  ["shipping", "booked", [OrderPaid]],
];

const toEvent = ({ type, sample, subjectOf }: SampledEvent): CloudEvent => ({
  specversion: "1.0",
  id: `e-${type}`,
  source: "/shop/test",
  type,
  subject: subjectOf(sample),
  time: "2026-11-25T09:59:00Z",
  datacontenttype: "application/json",
  data: sample,
});

/** One function of both builds over one file. */
function createBoth(name: string) {
  const file = join(folder, `${name}-${Math.random()}.db`);
  const ledgers = { old: oldBuild.createSqliteLedger({ file }), new: createSqliteLedger({ file }) as Ledger };
  const said: Said[] = [];
  const tried: string[] = [];
  const { charge, withdraw, sendMail, book } = createEffects({});
  const trying =
    <Request extends { readonly key: string }, Result>(effect: (request: Request) => Promise<Result>) =>
    (request: Request) => {
      tried.push(request.key);
      return effect(request);
    };
  const effects: ShopEffects = {
    charge: trying(charge),
    withdraw: trying(withdraw),
    sendMail: trying(sendMail),
    book: trying(book),
  };
  const portsTo = <Store>(ledger: Store) => ({
    ledger,
    publish: async (events: readonly Said[]) => void said.push(...events),
    now: () => Date.parse("2026-11-25T10:00:00Z"),
    isRelayed: true,
    deadlineMs: 10_000,
    leaseMs: 15_000,
  });
  const fn = createFunctions(shop, effects).find((each) => each.name === name);
  const oldFn = oldBuild.createFunctions(effects).find((each) => each.name === name);
  if (!fn || !oldFn) throw new Error(name);
  return {
    said,
    tried,
    isIdempotent: fn.idempotent,
    deliver: (build: Build, event: CloudEvent) =>
      build === "old"
        ? oldBuild.dispatch(oldFn, { event, fromEdge: true }, portsTo(ledgers.old))
        : dispatch(fn, { event, fromEdge: true }, portsTo(ledgers.new)),
    load: (event: CloudEvent) =>
      ledgers.new.load(
        fn.keeps === "state" ? subjectDocumentKey(fn, event.subject ?? "") : eventDocumentKey(fn, eventKey(event)),
      ),
    close: () => Promise.all([ledgers.old.close(), ledgers.new.close?.()]),
  };
}

describe.each(LIVES)("%s, %s", (name, _life, types) => {
  let both: ReturnType<typeof createBoth>;
  const events = types.map(toEvent);

  beforeEach(() => {
    both = createBoth(name);
    return () => both.close();
  });

  it.each(events.map((_, at) => at + 1))(
    "goes on with the new build after %i events with the old one",
    async (first) => {
      for (const [at, event] of events.entries())
        expect(await both.deliver(at < first ? "old" : "new", event)).toMatchObject({ kind: "ack", how: "handled" });
      const [tried, said] = [[...both.tried], both.said.splice(0)];
      expect(tried.length + said.length).toBeGreaterThan(0);
      for (const event of events) expect(await both.deliver("new", event)).toEqual({ kind: "ack", how: "duplicate" });
      // What says that it is idempotent runs before it is known for a duplicate, under the same key.
      expect(new Set(both.tried)).toEqual(new Set(tried));
      if (!both.isIdempotent) expect(both.tried).toEqual(tried);
      expect(both.said).toEqual(said);
    },
  );

  it.each(events.map((_, at) => at))(
    "waits for the new build where the old one meets what that has left of event %i",
    async (at) => {
      const event = events[at] as CloudEvent;
      for (const each of events.slice(0, at + 1)) await both.deliver("new", each);
      const [held, tried, said] = [await both.load(event), [...both.tried], [...both.said]];
      expect(held.entry).toMatchObject({ v: 1 });
      const others = name === "order" ? events : [event];
      for (const each of others) expect(await both.deliver("old", each)).toMatchObject({ kind: "retry" });
      expect(await both.load(event)).toEqual(held);
      expect(both.tried).toEqual(tried);
      expect(both.said).toEqual(said);
      for (const each of events.slice(at + 1)) await both.deliver("new", each);
      expect(await both.deliver("new", event)).toEqual({ kind: "ack", how: "duplicate" });
    },
  );
});

it("keeps the date that the new build gave a document, where the old one goes on with it: somebody looks in vain", async () => {
  const file = join(folder, "agenda.db");
  const [older, ledger] = [oldBuild.createSqliteLedger({ file }), createSqliteLedger({ file })];
  const [entry, agenda] = [
    { state: 1, seen: {} },
    { until: 10, most: 10 },
  ];
  const expected = await ledger.save("order-1", entry, { expected: undefined, due: { of: "order", at: 10 } });
  expect(await older.save("order-1", { state: 2, seen: {} }, { expected: String(expected) })).toBeTruthy();
  expect(await older.save("order-2", entry, { expected: undefined })).toBeTruthy();
  expect(await ledger.due?.("order", agenda)).toEqual(["order-1"]);
  const { version, entry: held } = await ledger.load("order-1");
  expect(held).toMatchObject({ state: 2 });
  expect(await ledger.save("order-1", entry, { expected: version })).toBeTruthy();
  expect(await ledger.due?.("order", agenda)).toEqual([]);
  await Promise.all([older.close(), ledger.close?.()]);
});
