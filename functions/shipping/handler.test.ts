import { expect, it } from "vitest";
import { OrderCreated, OrderPaid, ShipmentDispatched } from "../events/index.ts";
import { type Book, createShipping } from "./handler.ts";

const paid = {
  specversion: "1.0",
  id: "e-1",
  source: "/shop/order",
  time: "2026-11-25T10:00:00Z",
  ...OrderPaid(OrderPaid.sample),
};

async function ship(book: Book) {
  return createShipping({ book }).on.get(OrderPaid.type)?.react(paid, undefined);
}

it("says dispatched with the tracking of the parcel", async () => {
  const reaction = await ship(async () => ({ tracking: "t-9" }));
  expect(reaction).toEqual({ emit: [ShipmentDispatched({ orderId: "o-1", tracking: "t-9" })] });
});

it("books under the order's id, so that a second run books nothing more", async () => {
  const asked: unknown[] = [];
  await ship(async (request) => {
    asked.push(request);
    return { tracking: "t-9" };
  });
  expect(asked).toEqual([{ key: "o-1", order: OrderPaid.sample, eventId: "e-1" }]);
});

it("ships no order that is not paid", () => {
  expect(createShipping({ book: async () => ({ tracking: "t-9" }) }).on.has(OrderCreated.type)).toBe(false);
});
