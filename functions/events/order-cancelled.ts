import * as v from "valibot";
import { defineEvent } from "../kernel/define.ts";
import { OrderRequested } from "./order-requested.ts";
import { customer, orderId, reference } from "./schema.ts";

export const OrderCancelled = defineEvent({
  type: "com.example.order.cancelled.v1",
  topic: "orders",
  data: v.object({ orderId, customer, reason: reference }),
  subject: ({ orderId }) => orderId,
  sample: { orderId: "o-1", customer: OrderRequested.sample.customer, reason: "card-declined" },
});
