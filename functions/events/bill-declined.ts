import * as v from "valibot";
import { defineEvent } from "../kernel/define.ts";
import { moneySample } from "./samples.ts";
import { money, orderId, orderIdOf, reference } from "./schema.ts";

export const BillDeclined = /* @__PURE__ */ defineEvent({
  type: "com.example.bill.declined.v1",
  topic: "bills",
  data: /* @__PURE__ */ v.object({ orderId, reason: reference, amount: money }),
  subject: orderIdOf,
});

export const sample = { orderId: "o-1", reason: "card-declined", amount: moneySample };
