import { describe, expect, it } from "vitest";
import { createBilling as createIdempotent } from "../../../functions/billing/handler.ts";
import { OrderCreated } from "../../../functions/events/index.ts";
import { order } from "../../../functions/order/handler.ts";
import { eventKey, subjectDocumentKey } from "../event/ids.ts";
import { compact, type Entry, fromStored, handledIn } from "../ledger/entry.ts";
import { functionOf, type Handle, heard, sayBoth } from "./test-function.ts";
import { createWorld, toEvent } from "./test-world.ts";

/** Looks before it runs. */
const createBilling = (...effects: Parameters<typeof createIdempotent>) => ({
  ...createIdempotent(...effects),
  idempotent: false,
});

const DAY = 24 * 60 * 60 * 1_000;

const created = toEvent(OrderCreated(OrderCreated.sample));

describe("the document of a subject", () => {
  const key = subjectDocumentKey(order, "s").replace("order", "fn");
  const countUp: Handle = (_event, state) => ({ state: ((state as number | undefined) ?? 0) + 1 });

  it("loses its state, and not what was seen, by state: null", async () => {
    const world = createWorld();
    await world.deliver(() => functionOf(countUp, { keeps: "state" }), heard);
    await world.deliver(() => functionOf(() => ({ state: null }), { keeps: "state" }), { ...heard, id: "e-2" });
    const entry = fromStored((await world.ledger.load(key)).entry);
    expect([entry.state, ["e-1", "e-2", "e-3"].map(isKnown(entry))]).toEqual([undefined, [true, true, false]]);
    world.pass(33 * DAY);
    expect((await world.ledger.load(key)).entry).toBeUndefined();
  });

  it("keeps its state for ever", async () => {
    const world = createWorld();
    const create = () => functionOf(countUp, { keeps: "state" });
    await world.deliver(create, heard);
    world.pass(1_000 * DAY);
    await world.deliver(create, { ...heard, id: "e-2", time: "2029-08-21T10:00:00Z" });
    expect((await world.ledger.load(key)).entry?.state).toBe(2);
  });

  it("has no gap between an event too old and one forgotten", async () => {
    const world = createWorld();
    // Said by somebody whose clock is an hour ahead.
    const early = { ...created, time: "2026-11-25T11:00:00Z" };
    await world.deliver(createBilling, early);
    for (let day = 0; day < 40; day++) {
      world.pass(DAY);
      await world.deliver(createBilling, early);
    }
    expect(world.effects.charge).toEqual(["o-1"]);
  });

  const isKnown = (entry: Entry) => (id: string) => handledIn(entry, compact(eventKey({ ...heard, id }))) !== undefined;
});

describe("contention", () => {
  it("handles the event again on the newer document when another delivery was faster", async () => {
    const world = createWorld();
    const events = Array.from({ length: 10 }, (_, n) => ({ ...heard, id: `e-${n}` }));
    const create = () =>
      functionOf((_event, state) => ({ state: ((state as number | undefined) ?? 0) + 1 }), { keeps: "state" });
    await Promise.all(events.map((event) => world.deliver(create, event)));
    const { entry } = await world.ledger.load(subjectDocumentKey(create(), "s"));
    expect(entry?.state).toBe(10);
  });

  it("gives up for now when others are always faster, without having said anything", async () => {
    const world = createWorld();
    const ledger = { ...world.ledger, save: async () => false };
    const outcome = await world.deliver(() => functionOf(sayBoth), heard, { ports: { ledger } });
    expect(outcome).toMatchObject({ kind: "retry", code: "contention" });
    expect(world.steps.filter((step) => step === "save")).toHaveLength(16);
    expect(world.said).toEqual([]);
  });
});

it.each([
  ["ledger", "load", { load: () => Promise.reject(new Error("down")) }],
  ["ledger", "save", { save: () => Promise.reject(new Error("down")) }],
])("comes again when the %s cannot %s, and nothing was said", async (code, _call, broken) => {
  const world = createWorld();
  const outcome = await world.deliver(createBilling, created, { ports: { ledger: { ...world.ledger, ...broken } } });
  expect(outcome).toEqual({ kind: "retry", code, reason: "Error: down" });
  expect(world.said).toEqual([]);
});
