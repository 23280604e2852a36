import { defineEvent } from "../kernel/define.ts";
import { anOrder, orderIdOf } from "./schema.ts";

/** A timer of the order: it has waited for a bill for as long as it wants to. */
export const BillMissing = /* @__PURE__ */ defineEvent({
  type: "com.example.bill.missing.v1",
  data: anOrder,
  subject: orderIdOf,
});

export const sample = { orderId: "o-1" };
