import { defineEvent } from "../kernel/define.ts";
import { anOrder, orderIdOf } from "./schema.ts";

/** A timer of the order: by now it should have a bill, and a bill its order. */
export const BillOverdue = /* @__PURE__ */ defineEvent({
  type: "com.example.bill.overdue.v1",
  data: anOrder,
  subject: orderIdOf,
});

export const sample = { orderId: "o-1" };
