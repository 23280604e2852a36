import { defineEvent } from "../kernel/define.ts";
import { moneySample } from "./samples.ts";
import { orderAmount, orderIdOf } from "./schema.ts";

/** The order still has no bill: whoever bills is asked again. */
export const BillRequested = /* @__PURE__ */ defineEvent({
  type: "com.example.bill.requested.v1",
  topic: "orders",
  data: orderAmount,
  subject: orderIdOf,
});

export const sample = { orderId: "o-1", amount: moneySample };
