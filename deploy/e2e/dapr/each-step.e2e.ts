import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { derivedId } from "../../../adapters/core/event/ids.ts";
import type { Entry } from "../../../adapters/core/ledger/entry.ts";
import { BillRequested } from "../../../functions/events/index.ts";
import { daprd } from "../../engines/daprd.ts";
import { redis } from "../../engines/redis.ts";
import { type Placing, placeOrders, until } from "../shop/orders.ts";
import { settle } from "../shop/settle.ts";
import { faultsOf, repetitionsOf } from "../shop/sums.ts";
import type { Call, Fault } from "../tools/fault-proxy.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { brokers } from "./brokers.ts";
import { saidIn } from "./publish.ts";
import { type Pod, type Shop, startShop } from "./shop.ts";

const missing = whyMissing("a kill between each pair of steps", [daprd, redis]);

/** A document, a row or a mark, as a service writes it. */
interface Item {
  readonly key: string;
  readonly value: Partial<Entry>;
}

/** A call, and of what it saves whether another event was handled since. */
interface Step {
  readonly call: Call;
  readonly items: readonly (Item & { readonly isNews: boolean })[];
}

interface Place {
  readonly step: string;
  at(step: Step): boolean;
}

const saves = (step: string, holds: (item: Step["items"][number], call: Call) => boolean): Place => ({
  step,
  at: ({ call, items }) => items.some((item) => holds(item, call)),
});
const FAULTS = ["die-before", "die-after"] as const;
const ORDERS = 20;
const PATIENCE_MS = 40_000;
const SUBJECT = /^order-[\da-f-]{36}$/;
/** Longer than the first pause, shorter than a claim. */
const CLAIMED_MS = 5_000;
const PARKED = /^(order|billing)-parked-/;
const isPublish = ({ path }: Call) => path.startsWith("publish/");
const saysBillAgain = (call: Call) =>
  (isPublish(call) ? saidIn(call) : [call.body]).some((body) => body.includes(BillRequested.type));

const PLACING: readonly Place[] = [
  saves("what is due is written down", ({ key }) => /^order-slot-\d+-\d+$/.test(key)),
  saves("the document is saved", ({ key, isNews }) => SUBJECT.test(key) && isNews),
  { step: "it is published", at: ({ call }) => isPublish(call) },
  saves("it is marked as said", ({ key }) => key.includes("-said-")),
];
const relaying = (orderId: string): readonly Place[] => [
  { step: "it is published", at: ({ call }) => isPublish(call) && saidIn(call).some((body) => body.includes(orderId)) },
  saves(
    "the document is saved without its date",
    ({ key, isNews }) => key === `order-${derivedId(orderId)}` && !isNews,
  ),
];
const HANDING_OUT: readonly Place[] = [
  saves("what a timer says is saved", ({ key, isNews }, call) => SUBJECT.test(key) && isNews && saysBillAgain(call)),
  { step: "it is published", at: ({ call }) => isPublish(call) && saysBillAgain(call) },
  saves(
    "the document is saved without the timer",
    ({ key, isNews }, call) => SUBJECT.test(key) && !isNews && saysBillAgain(call),
  ),
];
const PARKING: readonly Place[] = [
  saves(
    "the parked event is written down",
    ({ key }, { body }) => /-slot-\d+-\d+$/.test(key) && body.includes("-parked-"),
  ),
  saves("it is parked", ({ key, value }) => PARKED.test(key) && value.parked?.since === value.parked?.at),
];
const WAITING: readonly Place[] = [
  saves("its subject names it", ({ key, value }) => SUBJECT.test(key) && value.behind !== undefined),
  ...PARKING,
];
const TRYING_AGAIN: readonly Place[] = [
  saves(
    "it is claimed",
    ({ key, value: { parked } }) => PARKED.test(key) && parked !== undefined && parked.due - parked.at > CLAIMED_MS,
  ),
  saves("what is done is let go", ({ key, value }) => PARKED.test(key) && value.parked === undefined),
];

describe.skipIf(missing !== undefined)("a service that is killed before and after each of its steps", () => {
  const dir = freshFolder("each-step");
  const [unsaid, uncharged, unheard] = [randomUUID(), randomUUID(), randomUUID()];
  const [chargesFail, billsFail, later] = ["charges-fail", "bills-fail", "later"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  const placings: Placing[] = [];
  let shop: Shop;
  beforeAll(async () => {
    writeFileSync(chargesFail, derivedId("order", uncharged));
    writeFileSync(billsFail, derivedId("order", unheard));
    const hooks = ["../tools/clock.mjs", "../shop/break-effects.mjs", "../shop/break-bills.mjs"];
    shop = await startShop({
      kind: brokers.redis,
      dir,
      env: {
        NODE_OPTIONS: hooks.map((file) => `--import ${join(import.meta.dirname, file)}`).join(" "),
        PARKING: "on",
        // Clocks go ahead here.
        GIVE_UP_AFTER_MS: "86400000",
        BREAK_EFFECTS: `charges:${chargesFail}`,
        BREAK_BILLS: billsFail,
        CLOCK_OF: "order,billing",
        CLOCK_STARTS: dir,
        CLOCK_LATER: later,
      },
    });
  });
  afterAll(() => shop?.stop());

  const place = (options: Parameters<typeof placeOrders>[2], count = 1) => {
    const placing = placeOrders(shop.url, count, options);
    placings.push(placing);
    return placing;
  };

  it("order, while orders come: intent, document, publishing, and the mark", async () => {
    place({ everyMs: 200 }, ORDERS);
    await diesAtEach(shop.pods.order, PLACING);
  });

  it("order, whose relay says what could not be said: publishing it, and the relay's save", async () => {
    const { order } = shop.pods;
    plan(order, ({ call }) => (isPublish(call) ? "drop" : undefined));
    const { accepted } = place({ key: unsaid });
    await until(() => accepted.size === 1, { what: "the order is accepted all the same" });
    await startAgain(order);
    await diesAtEach(order, relaying(derivedId("order", unsaid)));
  });

  it("billing, whose charge fails: intent, and parking", async () => {
    place({ key: uncharged });
    await diesAtEach(shop.pods.billing, PARKING);
  });

  it("order, as a timer is due: what it says, publishing it, and the relay's save", async () => {
    writeFileSync(later, "");
    await startAgain(shop.pods.order);
    await diesAtEach(shop.pods.order, HANDING_OUT);
  });

  it("billing, as it tries again: the claim, and the end", async () => {
    writeFileSync(chargesFail, "");
    await startAgain(shop.pods.billing);
    await diesAtEach(shop.pods.billing, TRYING_AGAIN);
  });

  it("order, which fails on a bill: what waits behind it, intent, and parking", async () => {
    place({ key: unheard });
    await diesAtEach(shop.pods.order, WAITING);
    writeFileSync(billsFail, "");
    await startAgain(shop.pods.order);
  });

  it("has lost nothing in the end, has done nothing twice, and nothing is dead", async () => {
    await Promise.all(placings.map(({ done }) => done));
    const ids = placings.flatMap(({ accepted }) => [...accepted.keys()]);
    const sums = await settle(shop.url, { ids, effectsLog: shop.effectsLog, withinMs: 60_000 });
    expect(faultsOf(sums)).toEqual([]);
    expect(ids).toHaveLength(ORDERS + 3);
    // A charge and a parcel are tried again under their key, where an event is said again.
    expect(repetitionsOf(sums)).not.toHaveProperty("mail");
    expect(await shop.broker.deadLetters()).toEqual([]);
  });
});

const startAgain = async (pod: Pod) => {
  await pod.service().kill();
  await pod.startService();
};

/** Of each document, the events that it was last saved with. */
const inboxes = new Map<string, string | undefined>();

function plan(pod: Pod, decide: (step: Step) => Fault | undefined): void {
  pod.proxy.plan((call) => {
    const items = savesIn(call).map((item) => ({ ...item, isNews: item.value.inbox !== inboxes.get(item.key) }));
    const fault = decide({ call, items });
    if (fault === undefined || fault === "die-after") for (const { key, value } of items) inboxes.set(key, value.inbox);
    return fault;
  });
}

const savesIn = ({ method, path, body }: Call): readonly Item[] =>
  method === "POST" && path === "state/statestore" ? JSON.parse(body) : [];

/** out: once it has died before and after each of these places, in their order, and runs again */
async function diesAtEach(pod: Pod, places: readonly Place[]): Promise<void> {
  const deaths = places.flatMap((place) => FAULTS.map((fault) => ({ ...place, fault })));
  let count = 0;
  let dead = -1;
  plan(pod, (step) => {
    const next = deaths[count];
    // What else it has in hand as it dies is of no interest.
    if (!next?.at(step) || pod.service().pid === dead) return undefined;
    count++;
    dead = pod.service().pid;
    return next.fault;
  });
  for (const [index, { step, fault }] of deaths.entries())
    await until(() => count > index, { what: `${pod.name}: ${fault}: ${step}`, withinMs: PATIENCE_MS });
  pod.proxy.plan();
  await until(() => pod.service().pid !== dead, { what: `${pod.name} is back` });
}
