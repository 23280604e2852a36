import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { defineEvent, defineFunction, when } from "../../../functions/kernel/define.ts";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { subjectDocumentKey } from "../event/ids.ts";
import { createParking } from "./parking.ts";
import { createPatience } from "./patience.ts";
import { dispatchBatch } from "./receive.ts";
import { createWorld, distinct, toEvent, type World } from "./test-world.ts";
import { createUnknownTypes } from "./unknown-types.ts";

const data = v.object({ order: v.string(), by: v.string(), n: v.number() });
const subject = ({ order }: { readonly order: string }) => order;
const Bought = defineEvent({ type: "bought.v1", topic: "in", data, subject });
const Returned = defineEvent({ type: "returned.v1", topic: "in", data, subject });
const Read = defineEvent({ type: "read.v1", topic: "in", data, subject });
const Earned = defineEvent({
  type: "earned.v1",
  topic: "out",
  data: v.object({ by: v.string(), sum: v.number() }),
  subject: ({ by }) => by,
});

const state = v.object({ sum: v.number() });
type Points = v.InferOutput<typeof state>;

const NONE: Points = { sum: 0 };

interface PointsOptions {
  readonly key?: (by: string) => string;
  readonly look?: (event: CloudEvent) => void | Promise<void>;
}

/** Points of a customer, and how often an order was read: two kinds of documents in one function. */
const pointsOf = ({ key = (by) => by, look = () => {} }: PointsOptions = {}) =>
  defineFunction<Points>({
    name: "points",
    state,
    on: [
      when(Bought, { key: ({ data: { by } }) => key(by) }, async (event, state = NONE) => {
        await look(event);
        const next = state.sum + event.data.n;
        return { state: { sum: next }, emit: [Earned({ by: event.data.by, sum: next })] };
      }),
      when(Returned, { key: ({ data: { by } }) => key(by) }, async (event, state = NONE) => {
        await look(event);
        return { state: { sum: state.sum - event.data.n } };
      }),
      when(Read, (_event, state = NONE) => ({ state: { sum: state.sum + 1 } })),
    ],
    emits: [Earned],
  });

const points = () => pointsOf();

const bought = (order: string, { by = "ada", n = 1, say = Bought, id = order } = {}) =>
  toEvent(say({ order, by, n }), { id });
const sumOf = async ({ ledger }: Pick<World, "ledger">, key: string) =>
  (await ledger.load(subjectDocumentKey(pointsOf(), key))).entry?.state;

describe("a state by a key", () => {
  it("is one of many subjects", async () => {
    const world = createWorld();
    for (const event of [bought("o-1", { n: 2 }), bought("o-2", { n: 3 }), bought("o-3", { by: "bob" })])
      await world.deliver(points, event);
    expect([await sumOf(world, "ada"), await sumOf(world, "bob"), await sumOf(world, "o-1")]).toEqual([
      { sum: 5 },
      { sum: 1 },
      undefined,
    ]);
  });

  it("stands beside those by the subject, for clauses without a key", async () => {
    const world = createWorld();
    await world.deliver(points, bought("o-1", { n: 2 }));
    await world.deliver(points, bought("o-1", { say: Read, id: "2" }));
    expect([await sumOf(world, "ada"), await sumOf(world, "o-1")]).toEqual([{ sum: 2 }, { sum: 1 }]);
  });

  it("that is the subject is the same bytes as without a key: documents, ids, keys of the broker", async () => {
    const Same = defineFunction<Points>({
      name: "same",
      state,
      on: [when(Bought, ({ data: { by, n } }) => ({ state: { sum: n }, emit: [Earned({ by, sum: n })] }))],
      emits: [Earned],
    });
    const keyed = defineFunction<Points>({
      name: "same",
      state,
      on: [
        when(Bought, { key: ({ subject = "" }) => subject }, ({ data: { by, n } }) => ({
          state: { sum: n },
          emit: [Earned({ by, sum: n })],
        })),
      ],
      emits: [Earned],
    });
    const [one, other] = await Promise.all(
      [Same, keyed].map(async (fn) => {
        const world = createWorld();
        await world.deliver(() => fn, bought("o-1"));
        return { said: world.said, held: await world.ledger.load(subjectDocumentKey(fn, "o-1")) };
      }),
    );
    expect(other).toEqual(one);
    expect(one?.held.entry?.state).toEqual({ sum: 1 });
  });

  it("changes no id, source or broker key of what is said", async () => {
    const said = await Promise.all(
      [(by: string) => by, () => "all"].map(async (key) => {
        const world = createWorld();
        await world.deliver(() => pointsOf({ key }), bought("o-1"));
        return world.said;
      }),
    );
    expect(said[1]).toEqual(said[0]);
    expect(said[0]?.map(({ key }) => key)).toEqual(["ada"]);
  });

  it("knows an event again, and one of the same id with another customer for a conflict only where it looks", async () => {
    const world = createWorld();
    expect(await world.deliver(points, bought("o-1"))).toMatchObject({ how: "handled" });
    expect(await world.deliver(points, bought("o-1"))).toMatchObject({ how: "duplicate" });
    expect(await world.deliver(points, bought("o-1", { n: 7 }))).toMatchObject({ kind: "dead", code: "conflict" });
  });
});

describe("a key at fault", () => {
  const faulty = () =>
    pointsOf({
      key(by) {
        if (by === "ada") throw new Error("no index");
        return by;
      },
    });

  it("lets the event come again before any I/O, as a fault of its handler", async () => {
    const world = createWorld();
    expect(await world.deliver(faulty, bought("o-1"))).toEqual({
      kind: "retry",
      code: "handler",
      reason: "Error: key of bought.v1: no index",
    });
    expect(world.steps).toEqual([]);
  });

  it("is given up by patience, with its reason", async () => {
    const world = createWorld();
    const ports = { patience: createPatience({ ms: 60_000 }) };
    const deliver = () => world.deliver(faulty, bought("o-1"), { ports });
    const kinds: string[] = [];
    for (let tries = 0; tries < 3; tries++) {
      const outcome = await deliver();
      kinds.push(outcome === "died" ? outcome : outcome.kind);
      world.pass(40_000);
    }
    expect(kinds).toEqual(["retry", "retry", "dead"]);
    expect(world.letters.map(({ body }) => JSON.parse(body))).toMatchObject([
      { deadcode: "exhausted", subject: "o-1", deadreason: expect.stringContaining("key of bought.v1: no index") },
    ]);
  });

  it("is parked where handlers are, so that it holds up nobody, and finds its document once it is mended", async () => {
    const world = createWorld();
    const ports = { parking: createParking({ ms: 3_600_000 }) };
    const deliver = (event: CloudEvent) => world.deliver(faulty, event, { ports, topic: "in" });
    expect([await deliver(bought("o-1")), await deliver(bought("o-1"))]).toMatchObject([
      { kind: "retry" },
      { kind: "ack", how: "parked" },
    ]);
    expect(await deliver(bought("o-2", { by: "bob" }))).toMatchObject({ how: "handled" });
    world.pass(60_000);
    await world.relay(faulty, { ports });
    expect([await sumOf(world, "ada"), world.letters]).toEqual([undefined, []]);
    world.pass(60_000);
    await world.relay(points, { ports });
    expect(await sumOf(world, "ada")).toEqual({ sum: 1 });
    expect(await world.deliver(points, bought("o-3"), { ports, topic: "in" })).toMatchObject({ how: "handled" });
  });
});

describe("a batch of a function with keys", () => {
  function tracker(fail: (id: string) => unknown = () => undefined) {
    const log: string[] = [];
    const look = async ({ id }: CloudEvent) => {
      log.push(`+${id}`);
      await setImmediate();
      await setImmediate();
      log.push(`-${id}`);
      const error = fail(id);
      if (error) throw error;
    };
    return { log, fn: pointsOf({ look }) };
  }
  const jobsOf = (events: readonly CloudEvent[]) => events.map((event) => ({ event }));

  it("runs two subjects with one key in their order, one at a time", async () => {
    const { log, fn } = tracker();
    const { ports } = createWorld();
    const events = [bought("1"), bought("2"), bought("1", { say: Returned, id: "3" })];
    await dispatchBatch(fn, jobsOf(events), { ports, concurrency: 1 });
    expect(log).toEqual(["+1", "-1", "+2", "-2", "+3", "-3"]);
  });

  it("runs one subject with two keys side by side: its states are two", async () => {
    const { log, fn } = tracker();
    await dispatchBatch(fn, jobsOf([bought("s", { id: "1" }), bought("s", { id: "2", by: "bob" })]), createWorld());
    expect(log.slice(0, 2)).toEqual(["+1", "+2"]);
  });

  it("runs in order what has one document by a key and by a subject, and has no subject attribute", async () => {
    const { log, fn } = tracker();
    const { subject: _, ...bare } = bought("1");
    await dispatchBatch(fn, jobsOf([bare as CloudEvent, bought("2", { by: "ada" })]), createWorld());
    expect(log).toEqual(["+1", "-1", "+2", "-2"]);
    const world = createWorld();
    await dispatchBatch(fn, jobsOf([bought("1", { by: "x" }), bought("x", { say: Read })]), world);
    expect(await sumOf(world, "x")).toEqual({ sum: 2 });
  });

  it.each([
    { keepOrder: true, kinds: ["ack", "retry", "retry", "ack"] },
    { keepOrder: false, kinds: ["ack", "retry", "ack", "ack"] },
  ])("after a retry, keepOrder $keepOrder: what is of its document $kinds", async ({ keepOrder, kinds }) => {
    const { fn } = tracker((id) => id === "2" && new Error("no answer"));
    const events = [bought("1"), bought("2"), bought("3"), bought("4", { by: "bob" })];
    const outcomes = await dispatchBatch(fn, jobsOf(events), { ports: createWorld().ports, keepOrder });
    expect(outcomes.map(({ kind }) => kind)).toEqual(kinds);
  });

  it("lets wait for nobody what is ignored, broken, no event, or whose key fails", async () => {
    const fn = pointsOf({
      key(by) {
        if (by === "fails") throw new Error("no index");
        return by;
      },
    });
    const events = [
      toEvent({ type: "other.v1", subject: "ada", data: 0 }, { id: "1" }),
      toEvent({ type: Bought.type, subject: "ada", data: { by: 7 } }, { id: "2" }),
      bought("3", { by: "fails" }),
      bought("4", { by: "fails" }),
      bought("5"),
    ];
    const { ports } = createWorld();
    const outcomes = await dispatchBatch(fn, jobsOf(events), { ports, keepOrder: true });
    expect(outcomes).toMatchObject([
      { how: "ignored" },
      { code: "schema" },
      { code: "handler" },
      { code: "handler" },
      { how: "handled" },
    ]);
  });

  it("looks at a type that is in no catalogue once, so that its time comes to an end", async () => {
    const { ports } = createWorld();
    const lent = { ...ports, types: new Set([Bought.type]), unknown: createUnknownTypes({ ms: 1 }) };
    const unknown = toEvent({ type: "other.v1", subject: "s", data: 0 }, { id: "1" });
    const batch = () => dispatchBatch(pointsOf(), jobsOf([unknown, bought("2")]), { ports: lent });
    expect(await batch()).toMatchObject([{ kind: "retry", code: "unknown" }, { how: "handled" }]);
    expect(await batch()).toMatchObject([{ kind: "ack", how: "unknown" }, { how: "duplicate" }]);
  });
});

describe("a document by a key, in any interleaving of repeated deliveries of several subjects, with deaths", () => {
  const deliveries = fc.array(fc.record({ order: fc.constantFrom("o-1", "o-2", "o-3"), dieAt: fc.nat(8) }), {
    minLength: 1,
    maxLength: 6,
  });

  it("counts each event once, and says it under one id", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), deliveries, async (scheduler, deliveries) => {
        const world = createWorld();
        const pause = () => scheduler.schedule(Promise.resolve());
        const runs = deliveries.map(({ order, dieAt }) => world.deliver(points, bought(order), { dieAt, pause }));
        await scheduler.waitFor(Promise.all(runs));
        const orders = [...new Set(deliveries.map(({ order }) => order))];
        for (const order of orders) expect(await world.deliver(points, bought(order))).toMatchObject({ kind: "ack" });
        expect(await sumOf(world, "ada")).toEqual({ sum: orders.length });
        const said = distinct(world.said);
        expect(said.map(({ causationid }) => causationid).sort()).toEqual(orders.sort());
        expect(said.map(({ data }) => (data as Points).sum).sort()).toEqual(orders.map((_, index) => index + 1));
      }),
      { numRuns: 300 },
    );
  });

  it.each([1, 2, 3, 4, 5, 6])("finishes at the next delivery where the process dies at step %d", async (dieAt) => {
    const world = createWorld();
    await world.deliver(points, bought("o-1"));
    expect(await world.deliver(points, bought("o-2"), { dieAt })).toBe("died");
    expect(await world.deliver(points, bought("o-2"))).toMatchObject({ kind: "ack" });
    expect(await sumOf(world, "ada")).toEqual({ sum: 2 });
    expect(distinct(world.said).map(({ data }) => data)).toEqual([
      { by: "ada", sum: 1 },
      { by: "ada", sum: 2 },
    ]);
  });
});
