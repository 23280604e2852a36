import * as v from "valibot";
import { defineEvent } from "../kernel/define.ts";
import { customerSample } from "./samples.ts";
import { customer, orderId, orderIdOf, reference } from "./schema.ts";

export const OrderShipped = /* @__PURE__ */ defineEvent({
  type: "com.example.order.shipped.v1",
  topic: "orders",
  data: /* @__PURE__ */ v.object({ orderId, customer, tracking: reference }),
  subject: orderIdOf,
});

export const sample = { orderId: "o-1", customer: customerSample, tracking: "t-1" };
