import { defineEvent } from "../kernel/define.ts";
import { OrderRequested } from "./order-requested.ts";
import { order } from "./schema.ts";

export const OrderCreated = defineEvent({
  type: "com.example.order.created.v1",
  topic: "orders",
  data: order,
  subject: ({ orderId }) => orderId,
  sample: OrderRequested.sample,
});
