import { defineEvent } from "../kernel/define.ts";
import { moneySample } from "./samples.ts";
import { orderAmount, orderIdOf } from "./schema.ts";

/** Nothing may be charged for the order any more. The bill that answers it says whether something was. */
export const BillWithdrawn = /* @__PURE__ */ defineEvent({
  type: "com.example.bill.withdrawn.v1",
  topic: "orders",
  data: orderAmount,
  subject: orderIdOf,
});

export const sample = { orderId: "o-1", amount: moneySample };
