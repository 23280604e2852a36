import { describe, expect, it } from "vitest";
import { createBilling as createIdempotent } from "../../../functions/billing/handler.ts";
import { BillPaid, OrderCreated } from "../../../functions/events/index.ts";
import { settle } from "../../../functions/kernel/home.ts";
import type { ShopEffects } from "../test-shop.ts";
import type { Observation, Ports } from "./ports.ts";
import { First, functionOf, heard, Second, sayBoth, Undeclared } from "./test-function.ts";
import { createWorld, distinct, toEvent } from "./test-world.ts";

/** Looks before it runs. */
const createBilling = (...effects: Parameters<typeof createIdempotent>) => ({
  ...createIdempotent(...effects),
  idempotent: false,
});

const DAY = 24 * 60 * 60 * 1_000;

const created = toEvent(OrderCreated(OrderCreated.sample));

describe("an event is handled once, whatever comes again", () => {
  it("acks what was handled and says what followed", async () => {
    const world = createWorld();
    expect(await world.deliver(() => functionOf(sayBoth), heard)).toEqual({
      kind: "ack",
      how: "handled",
      said: [First.type, Second.type],
    });
    expect(world.said.map(({ topic, key }) => [topic, key])).toEqual([
      ["one", "s"],
      ["two", "s"],
    ]);
  });

  it("loads, handles, saves and only then publishes, so that nothing is said that could be forgotten", async () => {
    const world = createWorld();
    await world.deliver(createBilling, created);
    expect(world.steps).toEqual(["load", "charge", "save", "publish"]);
  });

  it("acks a duplicate without handling it, with the same bytes published again", async () => {
    const world = createWorld();
    let runs = 0;
    const create = () =>
      functionOf((event) => {
        runs++;
        return sayBoth(event, undefined);
      });
    await world.deliver(create, heard);
    world.pass(5 * DAY);
    expect(await world.deliver(create, heard)).toEqual({ kind: "ack", how: "duplicate" });
    expect(runs).toBe(1);
    expect(world.said.slice(2)).toEqual(world.said.slice(0, 2));
  });

  it("takes the same event for a duplicate, whoever reordered its data or rewrote its envelope", async () => {
    const world = createWorld();
    await world.deliver(createBilling, created);
    const data = Object.fromEntries(Object.entries(OrderCreated.sample).reverse());
    const rewritten = { ...created, data, topic: "orders", pubsubname: "other", traceid: "x" };
    expect(await world.deliver(createBilling, rewritten)).toMatchObject({ how: "duplicate" });
  });

  it("takes one id from two sources for two events", async () => {
    const world = createWorld();
    const create = () => functionOf(sayBoth);
    await world.deliver(create, heard);
    expect(await world.deliver(create, { ...heard, source: "/other" })).toMatchObject({ how: "handled" });
    expect(distinct(world.said)).toHaveLength(4);
  });

  it.each([
    ["other data", { ...created, data: { ...OrderCreated.sample, total: { amount: 1, currency: "EUR" } } }],
    ["a field that the schema does not know", { ...created, data: { ...OrderCreated.sample, note: "new" } }],
  ])(
    "ends another event under the same source and id (%s) as a conflict, never as a duplicate",
    async (_what, other) => {
      const world = createWorld();
      await world.deliver(createBilling, created);
      expect(await world.deliver(createBilling, other)).toMatchObject({ kind: "dead", code: "conflict" });
      expect(world.effects.charge).toEqual(["o-1"]);
      expect(world.letters).toHaveLength(1);
    },
  );
});

describe("TOPICS: everything that is said goes to every topic on the list", () => {
  it.each<[string, readonly string[] | undefined, readonly string[]]>([
    ["not set: to its own topic", undefined, ["bills"]],
    ["one topic", ["all"], ["all"]],
    ["two topics", ["all", "bills"], ["all", "bills"]],
    ["an empty list, which would lose everything: to its own topic", [], ["bills"]],
  ])("%s", async (_what, topics, expected) => {
    const world = createWorld();
    await world.deliver(createBilling, created, { ports: { topics } });
    expect(world.said.map(({ topic }) => topic)).toEqual(expected);
    expect(distinct(world.said)).toHaveLength(1);
  });

  it("a broker that refuses the second of two topics gets both again, the same bytes", async () => {
    const world = createWorld();
    const topics = ["all", "bills"];
    const publish: Ports["publish"] = async ([first]) => {
      if (first) world.said.push(first);
      throw new Error("no topic bills");
    };
    const first = await world.deliver(createBilling, created, { ports: { topics, publish } });
    const second = await world.deliver(createBilling, created, { ports: { topics } });
    expect([first, second]).toMatchObject([{ kind: "retry", code: "publish" }, { how: "duplicate" }]);
    expect(world.said.map(({ topic }) => topic)).toEqual(["all", "all", "bills"]);
    expect(distinct(world.said)).toHaveLength(1);
  });
});

it("says an event with its cause, its function, its subject and the trace of its delivery", async () => {
  const world = createWorld();
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const trace = { traceparent, tracestate: "a=1" };
  const atHome = (effects: ShopEffects) => settle(createBilling(effects), { source: "/shop", ledgerPrefix: "" });
  await world.deliver(atHome, { ...created, correlationid: "c-1" }, trace);
  const [{ body = "", ...envelope } = {}] = world.said;
  expect(envelope).toEqual({ topic: "bills", key: "o-1", ...trace });
  expect(JSON.parse(body)).toEqual({
    specversion: "1.0",
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    source: "/shop/billing",
    type: BillPaid.type,
    subject: "o-1",
    time: expect.stringMatching(/^2026-11-25T10:00:00\.\d{3}Z$/),
    datacontenttype: "application/json",
    correlationid: "c-1",
    causationid: "e-1",
    data: { orderId: "o-1", receipt: "r-o-1", amount: OrderCreated.sample.total },
  });
});

it("refuses to say what a function does not declare, and saves nothing", async () => {
  const world = createWorld();
  const outcome = await world.deliver(() => functionOf(({ data }) => ({ emit: [Undeclared(data)] })), heard);
  expect(outcome).toMatchObject({ kind: "retry", code: "handler", reason: expect.stringContaining("undeclared.v1") });
  expect(world.steps).toEqual(["load"]);
});

it("tells the observer each end once; an observer that throws changes nothing", async () => {
  const world = createWorld();
  const seen: Observation[] = [];
  const observe = (observation: Observation) => {
    seen.push(observation);
    throw new Error("metrics are away");
  };
  const outcome = await world.deliver(createBilling, created, { topic: "orders", ports: { observe } });
  expect(outcome).toMatchObject({ how: "handled" });
  expect(seen).toEqual([
    {
      functionName: "billing",
      event: created,
      topic: "orders",
      outcome,
      durationMs: expect.any(Number),
      signal: undefined,
      traceparent: undefined,
    },
  ]);
});
