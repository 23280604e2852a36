import { expect, it } from "vitest";
import { createWorld, distinct, toEvent } from "../adapters/core/dispatch/test-world.ts";
import { createFunctions } from "../adapters/core/host/system-parts.ts";
import { shop } from "../adapters/core/test-shop.ts";
import { createBilling } from "./billing/handler.ts";
import { BillPaid, OrderCreated, OrderPaid, OrderRequested } from "./events/index.ts";
import type { CloudEvent } from "./kernel/event.ts";
import { order } from "./order/handler.ts";

const requested = toEvent(OrderRequested(OrderRequested.sample));

/** Delivers to each of the four what any of them says, until nobody says anything new. */
async function runShop() {
  const world = createWorld();
  await world.deliver(() => order, requested, { fromEdge: true });
  let delivered = 0;
  for (let news = distinct(world.said); delivered < news.length; news = distinct(world.said)) {
    if (delivered > 20) throw new Error("the shop never stops talking");
    const event = news[delivered++] as CloudEvent;
    for (const index of shop.functions.keys()) {
      await world.deliver((effects) => createFunctions(shop, effects)[index] as typeof order, event);
    }
  }
  return { world, said: distinct(world.said) };
}

it("the created and the paid event of an order never share source and id, even when one cause says both", async () => {
  const world = createWorld();
  await world.deliver(() => order, toEvent(BillPaid(BillPaid.sample), { id: "early" }));
  await world.deliver(() => order, requested, { fromEdge: true });
  const said = distinct(world.said);
  expect(said.map(({ type }) => type)).toEqual([OrderCreated.type, OrderPaid.type]);
  expect(new Set(said.map(({ source, id }) => `${source} ${id}`)).size).toBe(2);
});

it("billing, which hears order.paid on the topic of order.created, does not bill for it, and so for ever", async () => {
  const { world, said } = await runShop();
  expect(world.effects).toEqual({
    charge: ["o-1"],
    withdraw: [],
    sendMail: [OrderCreated, OrderPaid, { type: "com.example.order.shipped.v1" }].map(({ type }) => `o-1/${type}`),
    book: ["o-1"],
  });
  expect(said.map(({ type }) => type.replace(/com\.example\.|\.v1/g, ""))).toEqual([
    "order.created",
    "bill.paid",
    "order.paid",
    "shipment.dispatched",
    "order.shipped",
  ]);
});

it("a publish that fails after the charge is repeated without charging under another key", async () => {
  const world = createWorld();
  const created = toEvent(OrderCreated(OrderCreated.sample));
  const publish = () => Promise.reject(new Error("broker is away"));
  const first = await world.deliver(createBilling, created, { ports: { publish } });
  const second = await world.deliver(createBilling, created);
  expect([first, second]).toMatchObject([
    { kind: "retry", code: "publish" },
    { kind: "ack", how: "duplicate" },
  ]);
  expect(new Set(world.effects.charge)).toEqual(new Set(["o-1"]));
  expect(distinct(world.said).map(({ type }) => type)).toEqual([BillPaid.type]);
});
