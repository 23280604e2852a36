import * as v from "valibot";
import { defineEvent } from "../kernel/define.ts";
import { customerSample } from "./samples.ts";
import { customer, orderId, orderIdOf, reference } from "./schema.ts";

export const OrderCancelled = /* @__PURE__ */ defineEvent({
  type: "com.example.order.cancelled.v1",
  topic: "orders",
  data: /* @__PURE__ */ v.object({ orderId, customer, reason: reference }),
  subject: orderIdOf,
});

export const sample = { orderId: "o-1", customer: customerSample, reason: "card-declined" };
