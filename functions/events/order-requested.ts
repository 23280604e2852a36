import { defineEvent } from "../kernel/define.ts";
import { order } from "./schema.ts";

/** Somebody asks for an order. Built by the HTTP edge alone: it has no topic, so that no broker can place orders. */
export const OrderRequested = defineEvent({
  type: "com.example.order.requested.v1",
  data: order,
  subject: ({ orderId }) => orderId,
  sample: {
    orderId: "o-1",
    customer: { name: "Ada Example", email: "ada@example.com" },
    items: [{ sku: "mug-blue", quantity: 2, unitPrice: 1250 }],
    total: { amount: 2500, currency: "EUR" },
  },
});
