import fc from "fast-check";
import { expect, it } from "vitest";
import { createWorld, distinct, toEvent, type World } from "../../adapters/core/dispatch/test-world.ts";
import { subjectDocumentKey } from "../../adapters/core/event/ids.ts";
import { BillDeclined, BillPaid, OrderRequested, ShipmentDispatched } from "../events/index.ts";
import type { CloudEvent } from "../kernel/event.ts";
import { order } from "./handler.ts";

const requested = toEvent(OrderRequested(OrderRequested.sample), { id: "1", time: "2026-11-25T09:01:00Z" });
const paid = toEvent(BillPaid(BillPaid.sample), { id: "2", time: "2026-11-25T09:02:00Z" });
const declined = toEvent(BillDeclined(BillDeclined.sample), { id: "3", time: "2026-11-25T09:03:00Z" });
const dispatched = toEvent(ShipmentDispatched(ShipmentDispatched.sample), { id: "4", time: "2026-11-25T09:04:00Z" });

const HISTORIES = [
  { status: "created", events: [requested], says: ["created"] },
  { status: "paid", events: [requested, paid], says: ["created", "paid"] },
  { status: "cancelled", events: [requested, declined], says: ["cancelled", "created"] },
  { status: "shipped", events: [requested, paid, dispatched], says: ["created", "paid", "shipped"] },
];

async function live(events: readonly CloudEvent[], world: World = createWorld()) {
  for (const event of events) await world.deliver(() => order, event, { fromEdge: true });
  const { entry } = await world.ledger.load(subjectDocumentKey(order, "o-1"));
  return { state: entry?.state, said: distinct(world.said) };
}

const typesOf = (said: readonly CloudEvent[]) => said.map(({ type }) => type.split(".").at(-2)).sort();

it.each(HISTORIES)(
  "ends $status and says each fact once, however its history is permuted and repeated",
  async (history) => {
    const { state: expected } = await live(history.events);
    const deliveries = fc
      .array(fc.constantFrom(...history.events), { maxLength: 4 })
      .map((repeated) => [...history.events, ...repeated])
      .chain((events) => fc.shuffledSubarray(events, { minLength: events.length }));
    await fc.assert(
      fc.asyncProperty(deliveries, async (events) => {
        const { state, said } = await live(events);
        expect(state).toEqual(expected);
        expect(typesOf(said)).toEqual(history.says);
      }),
      { numRuns: 150 },
    );
  },
);

const word = fc.constantFrom("a", "b");
const anyFact = fc.oneof(
  fc.constant(requested),
  word.map((name) => toEvent(OrderRequested({ ...OrderRequested.sample, customer: { name, email: "a@example.com" } }))),
  word.map((receipt) => toEvent(BillPaid({ ...BillPaid.sample, receipt }))),
  word.map((reason) => toEvent(BillDeclined({ ...BillDeclined.sample, reason }))),
  word.map((tracking) => toEvent(ShipmentDispatched({ ...ShipmentDispatched.sample, tracking }))),
);
const anyEvent = fc
  .record({
    event: anyFact,
    id: fc.constantFrom("1", "2", "3"),
    source: fc.constantFrom("/a", "/b"),
    orderId: fc.constantFrom("o-1", "o-2"),
  })
  .map(({ event, id, source, orderId }): CloudEvent => {
    return { ...event, id, source, subject: orderId, data: { ...(event.data as object), orderId } };
  });

it("no history whatever makes it say two things under one id, or one fact twice under two ids", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyEvent, { maxLength: 12 }), async (events) => {
      const { said } = await live(events);
      for (const orderId of ["o-1", "o-2"]) {
        const types = typesOf(said.filter(({ subject }) => subject === orderId));
        expect(new Set(types).size).toBe(types.length);
        expect(types.includes("paid") && types.includes("cancelled")).toBe(false);
      }
    }),
    { numRuns: 500 },
  );
});

const QUARTER = 15 * 60_000;

it.each([paid, declined, dispatched])(
  "what is told of an order that never comes ($type) is one letter, after minutes",
  async (fact) => {
    const world = createWorld();
    await live([fact, fact], world);
    expect(await world.relay(() => order)).toMatchObject({ looked: 0 });
    world.pass(QUARTER);
    expect(await world.relay(() => order)).toMatchObject({ said: 1, failed: 0 });
    world.pass(QUARTER);
    await world.relay(() => order);
    expect(world.letters.map(({ body }) => JSON.parse(body))).toMatchObject([
      { deadcode: "unknown-order", deadfunction: "order", type: "com.example.bill.overdue.v1", subject: "o-1" },
    ]);
  },
);

it.each(HISTORIES.filter(({ events }) => events.length > 1))(
  "an order that ends $status and comes last, within minutes, is no letter",
  async ({ events, says }) => {
    const world = createWorld();
    await live(events.toReversed(), world);
    world.pass(QUARTER);
    await world.relay(() => order);
    expect(world.letters).toEqual([]);
    expect(typesOf(distinct(world.said))).toEqual(says);
  },
);
