import { defineEvent } from "../kernel/define.ts";
import { orderSample } from "./samples.ts";
import { order, orderIdOf } from "./schema.ts";

export const OrderCreated = /* @__PURE__ */ defineEvent({
  type: "com.example.order.created.v1",
  topic: "orders",
  data: order,
  subject: orderIdOf,
});

export const sample = orderSample;
