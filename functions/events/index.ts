import * as billDeclined from "./bill-declined.ts";
import * as billMissing from "./bill-missing.ts";
import * as billOverdue from "./bill-overdue.ts";
import * as billPaid from "./bill-paid.ts";
import * as billRequested from "./bill-requested.ts";
import * as billWithdrawn from "./bill-withdrawn.ts";
import * as orderCancelled from "./order-cancelled.ts";
import * as orderCreated from "./order-created.ts";
import * as orderPaid from "./order-paid.ts";
import * as orderRequested from "./order-requested.ts";
import * as orderShipped from "./order-shipped.ts";
import { type SampledEvent, sampled } from "./sampled.ts";
import * as shipmentDispatched from "./shipment-dispatched.ts";

export const BillDeclined = /* @__PURE__ */ sampled(billDeclined.BillDeclined, billDeclined.sample);
export const BillMissing = /* @__PURE__ */ sampled(billMissing.BillMissing, billMissing.sample);
export const BillOverdue = /* @__PURE__ */ sampled(billOverdue.BillOverdue, billOverdue.sample);
export const BillPaid = /* @__PURE__ */ sampled(billPaid.BillPaid, billPaid.sample);
export const BillRequested = /* @__PURE__ */ sampled(billRequested.BillRequested, billRequested.sample);
export const BillWithdrawn = /* @__PURE__ */ sampled(billWithdrawn.BillWithdrawn, billWithdrawn.sample);
export const OrderCancelled = /* @__PURE__ */ sampled(orderCancelled.OrderCancelled, orderCancelled.sample);
export const OrderCreated = /* @__PURE__ */ sampled(orderCreated.OrderCreated, orderCreated.sample);
export const OrderPaid = /* @__PURE__ */ sampled(orderPaid.OrderPaid, orderPaid.sample);
export const OrderRequested = /* @__PURE__ */ sampled(orderRequested.OrderRequested, orderRequested.sample);
export const OrderShipped = /* @__PURE__ */ sampled(orderShipped.OrderShipped, orderShipped.sample);
export const ShipmentDispatched = /* @__PURE__ */ sampled(
  shipmentDispatched.ShipmentDispatched,
  shipmentDispatched.sample,
);

/** Every event type of the shop, in the order of an order's life. */
export const catalogue = [
  OrderRequested,
  OrderCreated,
  BillOverdue,
  BillRequested,
  BillMissing,
  BillWithdrawn,
  BillPaid,
  BillDeclined,
  OrderPaid,
  OrderCancelled,
  ShipmentDispatched,
  OrderShipped,
] as const satisfies readonly SampledEvent[];
