import * as v from "valibot";
import { defineEvent } from "../kernel/define.ts";
import { moneySample } from "./samples.ts";
import { money, orderId, orderIdOf, reference } from "./schema.ts";

export const BillPaid = /* @__PURE__ */ defineEvent({
  type: "com.example.bill.paid.v1",
  topic: "bills",
  data: /* @__PURE__ */ v.object({ orderId, receipt: reference, amount: money }),
  subject: orderIdOf,
});

export const sample = { orderId: "o-1", receipt: "r-1", amount: moneySample };
