import { defineEvent } from "../kernel/define.ts";
import { orderSample } from "./samples.ts";
import { order, orderIdOf } from "./schema.ts";

/** Carries the order whole, so that nobody who has to act on it must ask back. */
export const OrderPaid = /* @__PURE__ */ defineEvent({
  type: "com.example.order.paid.v1",
  topic: "orders",
  data: order,
  subject: orderIdOf,
});

export const sample = orderSample;
