import * as v from "valibot";
import { defineEvent } from "../kernel/define.ts";
import { orderId, orderIdOf, reference } from "./schema.ts";

export const ShipmentDispatched = /* @__PURE__ */ defineEvent({
  type: "com.example.shipment.dispatched.v1",
  topic: "shipments",
  data: /* @__PURE__ */ v.object({ orderId, tracking: reference }),
  subject: orderIdOf,
});

export const sample = { orderId: "o-1", tracking: "t-1" };
