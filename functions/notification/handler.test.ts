import { expect, it } from "vitest";
import { OrderCancelled, OrderCreated, OrderPaid, OrderShipped } from "../events/index.ts";
import { createNotification } from "./handler.ts";

it.each([
  { event: OrderCreated, subject: "We have your order (o-1)" },
  { event: OrderPaid, subject: "Your order is paid (o-1)" },
  { event: OrderCancelled, subject: "Your order is cancelled (o-1)" },
  { event: OrderShipped, subject: "Your order is on its way (o-1)" },
])("mails the customer, one key an order and type: $event.type", async ({ event, subject }) => {
  const mails: unknown[] = [];
  const notification = createNotification({ sendMail: async (mail) => void mails.push(mail) });
  const { type, sample: data } = event;
  const cause = { specversion: "1.0", id: "e-1", source: "/shop/order", time: "2026-11-25T10:00:00Z", type, data };
  expect(await notification.on.get(type)?.react(cause, undefined)).toEqual({});
  expect(mails).toEqual([{ key: `o-1/${type}`, to: data.customer, subject, eventId: "e-1" }]);
});

it("is exclusive, since a mail cannot tell a repetition", () => {
  expect(createNotification({ sendMail: async () => {} }).exclusive).toBe(true);
});
