import { describe, expect, it } from "vitest";
import { createBilling } from "../../../functions/billing/handler.ts";
import { BillPaid, OrderCreated, OrderRequested, OrderShipped } from "../../../functions/events/index.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { order } from "../../../functions/order/handler.ts";
import { CARRIER_BYTES, MAX_BYTES } from "../event/event-size.ts";
import { dispatch, refuse } from "./dispatch.ts";
import { First, functionOf, heard } from "./test-function.ts";
import { createWorld, toEvent } from "./test-world.ts";

const _DAY = 24 * 60 * 60 * 1_000;

const created = toEvent(OrderCreated(OrderCreated.sample));

describe("dead: what no retry can help is put aside with its reason", () => {
  it.each([
    ["schema", "data breaks the schema", { ...created, data: { orderId: "o-1" } }],
    ["schema", "data is missing", { ...created, data: undefined }],
    ["subject", "the subject is not that of the data", { ...created, subject: "o-2" }],
    ["too-old", "its time is 30 days ago", { ...created, time: "2026-10-26T09:59:59Z" }],
    ["too-old", "its time is a leap second long ago", { ...created, time: "2016-12-31T23:59:60Z" }],
  ])("%s, when %s", async (code, _when, event) => {
    const world = createWorld();
    expect(await world.deliver(createBilling, event, { topic: "orders" })).toMatchObject({ kind: "dead", code });
    expect(world.steps).toEqual(["dead-letter"]);
    expect(JSON.parse(world.letters[0]?.body ?? "")).toMatchObject({ deadcode: code, deadtopic: "orders", id: "e-1" });
  });

  it("what a handler says is never to be done", async () => {
    const world = createWorld();
    const create = () => functionOf(() => Promise.reject(new Dead("never", "for ada@example.com no such customer")));
    const outcome = await world.deliver(create, heard);
    expect(outcome).toEqual({ kind: "dead", code: "never", reason: "for <address> no such customer" });
    expect(world.said).toEqual([]);
  });

  it.each<[number, string]>([
    [MAX_BYTES - CARRIER_BYTES, "handled"],
    [MAX_BYTES - CARRIER_BYTES + 1, "size"],
  ])(
    "an event of %d bytes that a handler says: what no broker takes would be said again for ever",
    async (bytes, how) => {
      const about = "é";
      const measure = createWorld();
      const create = (note: string) => () =>
        functionOf(() => ({ emit: [{ ...First({ about }), data: { about, note } }] }));
      await measure.deliver(create(""), heard);
      const note = "x".repeat(bytes - Buffer.byteLength(measure.said[0]?.body ?? ""));

      const world = createWorld();
      const expected = how === "size" ? { kind: "dead", code: how } : { kind: "ack", how };
      expect(await world.deliver(create(note), heard)).toMatchObject(expected);
      expect(world.said.map(({ body }) => Buffer.byteLength(body))).toEqual(how === "size" ? [] : [bytes]);
      if (how === "size") expect(world.steps).toEqual(["load", "dead-letter"]);
    },
  );

  it("a message that is no event", async () => {
    const world = createWorld();
    const refused = new Dead("json", "body: must be JSON");
    const message = { headers: {}, body: Buffer.from("{") };
    const outcome = await refuse(order, { refused, message, topic: "bills" }, world.ports);
    expect(outcome).toEqual({ kind: "dead", code: "json", reason: "body: must be JSON" });
    expect(world.letters).toHaveLength(1);
  });

  it.each([
    ["of a type that is consumed", { type: BillPaid.type }, "dead"],
    ["that says no type", {}, "dead"],
    ["of a type that is not consumed here", { type: OrderShipped.type }, "ignored"],
  ])(
    "a message that is no event, %s: its letter would come from every consumer of the topic",
    async (_which, about, how) => {
      const world = createWorld();
      const message = { headers: {}, body: Buffer.from("{}") };
      const refused = new Dead("attribute", '"Bad": must have another name');
      const outcome = await refuse(order, { refused, about, message, topic: "bills" }, world.ports);
      expect(outcome.kind === "ack" ? outcome.how : outcome.kind).toBe(how);
      expect(world.letters).toHaveLength(how === "dead" ? 1 : 0);
    },
  );

  it("but comes again where its dead letter could not be stored", async () => {
    const world = createWorld();
    const deadLetter = () => Promise.reject(new Error("holder is away"));
    const outcome = await world.deliver(createBilling, { ...created, data: {} }, { ports: { deadLetter } });
    expect(outcome).toEqual({ kind: "retry", code: "dead-letter", reason: "Error: holder is away" });
  });

  it("is published to dead-letters where a host has no other way, whatever TOPICS says", async () => {
    const { ports, said } = createWorld();
    const { deadLetter: _, ...rest } = ports;
    await dispatch(order, { event: toEvent({ ...BillPaid(BillPaid.sample), data: 1 }) }, { ...rest, topics: ["all"] });
    expect(said.map(({ topic }) => topic)).toEqual(["dead-letters"]);
  });

  it("never is what only looks like Dead: an error's own code chooses nothing", async () => {
    const world = createWorld();
    const create = () =>
      functionOf(() => Promise.reject(Object.assign(new Error("x"), { name: "Dead", code: "schema" })));
    expect(await world.deliver(create, heard)).toMatchObject({ kind: "retry", code: "handler" });
  });
});

describe("ignored: what a function does not consume is acked and touches nothing", () => {
  it.each([
    ["a type that it has no clause for", toEvent(OrderShipped(OrderShipped.sample)), {}],
    [
      "strange data of such a type",
      toEvent({ type: "x.v9", subject: "", data: new Uint8Array(3) }),
      { fromEdge: true },
    ],
    [
      "such a type from long ago",
      toEvent({ type: "x.v9", subject: "s", data: 1 }, { time: "1999-01-01T00:00:00Z" }),
      {},
    ],
    ["an order request that a broker brought", toEvent(OrderRequested(OrderRequested.sample)), {}],
    [
      "a broken order request that a broker brought",
      toEvent({ ...OrderRequested(OrderRequested.sample), data: 1 }),
      {},
    ],
    ["a type named like a member of every object", toEvent({ type: "constructor", subject: "s", data: 1 }), {}],
  ])("%s", async (_what, event, origin) => {
    const world = createWorld();
    expect(await world.deliver(() => order, event, origin)).toEqual({ kind: "ack", how: "ignored" });
    expect(world.steps).toEqual([]);
  });

  it("while the edge's own order request is handled", async () => {
    const world = createWorld();
    const event = toEvent(OrderRequested(OrderRequested.sample));
    const outcome = await world.deliver(() => order, event, { fromEdge: true });
    expect(outcome).toMatchObject({ how: "handled", said: [OrderCreated.type] });
  });
});
