import { defineEvent } from "../kernel/define.ts";
import { orderSample } from "./samples.ts";
import { order, orderIdOf } from "./schema.ts";

/** Somebody asks for an order. Built by the HTTP edge alone: it has no topic, so that no broker can place orders. */
export const OrderRequested = /* @__PURE__ */ defineEvent({
  type: "com.example.order.requested.v1",
  data: order,
  subject: orderIdOf,
});

export const sample = orderSample;
