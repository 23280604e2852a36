import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createBilling } from "../../../functions/billing/handler.ts";
import { BillPaid, OrderCreated, OrderPaid, OrderRequested } from "../../../functions/events/index.ts";
import { createNotification } from "../../../functions/notification/handler.ts";
import { order } from "../../../functions/order/handler.ts";
import { createWorld, distinct, toEvent, type World } from "./test-world.ts";

const created = toEvent(OrderCreated(OrderCreated.sample));
const requested = toEvent(OrderRequested(OrderRequested.sample));
const paid = toEvent(BillPaid(BillPaid.sample));

type Create = Parameters<World["deliver"]>[0];
interface Subject {
  readonly name: string;
  readonly create: Create;
  readonly event: typeof created;
  readonly steps: readonly string[];
  readonly says: readonly string[];
  readonly effects: World["effects"];
}

const NO_EFFECTS = { charge: [], withdraw: [], sendMail: [], book: [] };
const SUBJECTS: readonly Subject[] = [
  {
    name: "billing",
    create: createBilling,
    event: created,
    steps: ["charge", "save", "publish"],
    says: [BillPaid.type],
    effects: { ...NO_EFFECTS, charge: ["o-1"] },
  },
  {
    name: "order",
    create: () => order,
    event: requested,
    steps: ["load", "save", "publish"],
    says: [OrderCreated.type],
    effects: NO_EFFECTS,
  },
  {
    name: "notification",
    create: createNotification,
    event: created,
    steps: ["save", "mail", "save"],
    says: [],
    effects: { ...NO_EFFECTS, sendMail: [`o-1/${OrderCreated.type}`] },
  },
];

/** Delivers, as a broker would, until it is acked; between two tries the lease of a dead process runs out. */
async function redeliver(world: World, { create, event }: Pick<Subject, "create" | "event">) {
  for (let tries = 0; tries < 4; tries++) {
    const outcome = await world.deliver(create, event, { fromEdge: true });
    if (outcome !== "died" && outcome.kind === "ack") return;
    world.pass(world.ports.leaseMs);
  }
  throw new Error("the event is never done");
}

describe.each(SUBJECTS)("$name, whose process dies", (subject) => {
  const { create, event, steps, says, effects } = subject;
  const deaths = steps.flatMap((step, index) => [
    { dieAt: 2 * index + 1, when: `before ${step} (${index + 1})` },
    { dieAt: 2 * index + 2, when: `after ${step} (${index + 1})` },
  ]);

  it.each(deaths)("$when, finishes at the next delivery", async ({ dieAt }) => {
    const world = createWorld();
    expect(await world.deliver(create, event, { dieAt, fromEdge: true })).toBe("died");
    const sentUnsaved = steps[1] === "mail" && (dieAt === 4 || dieAt === 5);
    await redeliver(world, subject);
    await redeliver(world, subject);
    expect(distinct(world.said).map(({ type }) => type)).toEqual(says);
    // Charges know their key, so that a second one is none. A mail may repeat where nobody could know that it was sent.
    expect(new Set(world.effects.charge)).toEqual(new Set(effects.charge));
    expect(world.effects.sendMail).toEqual(sentUnsaved ? [...effects.sendMail, ...effects.sendMail] : effects.sendMail);
  });

  it("at no step, goes through the steps that the cases above count", async () => {
    const world = createWorld();
    await world.deliver(create, event, { fromEdge: true });
    expect(world.steps).toEqual(steps);
    expect(world.effects).toEqual(effects);
  });
});

const deliveries = fc.array(fc.record({ id: fc.constantFrom("1", "2"), dieAt: fc.nat(14) }), {
  minLength: 1,
  maxLength: 5,
});

/** Runs the deliveries side by side in an order of the scheduler's, then again until all are done. */
async function interleave(
  { create, event }: Pick<Subject, "create" | "event">,
  { scheduler, deliveries }: { scheduler: fc.Scheduler; deliveries: readonly { id: string; dieAt: number }[] },
) {
  const world = createWorld();
  const pause = () => scheduler.schedule(Promise.resolve());
  const runs = deliveries.map(({ id, dieAt }) =>
    world.deliver(create, { ...event, id }, { dieAt, pause, fromEdge: true }),
  );
  const outcomes = await scheduler.waitFor(Promise.all(runs));
  const ids = [...new Set(deliveries.map(({ id }) => id))];
  for (const id of ids) await redeliver(world, { create, event: { ...event, id } });
  return { world, ids, deaths: outcomes.filter((outcome) => outcome === "died").length };
}

const NUM_RUNS = 300;

describe("in any interleaving of repeated deliveries, with deaths", () => {
  it.each([
    { what: "two paid bills of one order", event: paid, says: [OrderCreated.type, OrderPaid.type] },
    { what: "two requests for one order", event: requested, says: [OrderCreated.type] },
  ])("the order says each fact once: $what", async ({ event, says }) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), deliveries, async (scheduler, deliveries) => {
        const { world } = await interleave({ create: () => order, event }, { scheduler, deliveries });
        await redeliver(world, { create: () => order, event: { ...requested, id: "9" } });
        expect(distinct(world.said).map(({ type }) => type)).toEqual(says);
      }),
      { numRuns: NUM_RUNS },
    );
  });

  it("billing says one thing an event, and charges under one key", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), deliveries, async (scheduler, deliveries) => {
        const { world, ids } = await interleave({ create: createBilling, event: created }, { scheduler, deliveries });
        expect(
          distinct(world.said)
            .map(({ causationid }) => causationid)
            .sort(),
        ).toEqual(ids.sort());
        expect(new Set(world.effects.charge)).toEqual(new Set(["o-1"]));
      }),
      { numRuns: NUM_RUNS },
    );
  });

  it("notification mails once an event, and again at most once a death", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), deliveries, async (scheduler, deliveries) => {
        const subject = { create: createNotification, event: created };
        const { world, ids, deaths } = await interleave(subject, { scheduler, deliveries });
        expect(world.effects.sendMail.length).toBeGreaterThanOrEqual(ids.length);
        expect(world.effects.sendMail.length).toBeLessThanOrEqual(ids.length + deaths);
      }),
      { numRuns: NUM_RUNS },
    );
  });
});
