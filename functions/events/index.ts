import { BillDeclined } from "./bill-declined.ts";
import { BillMissing } from "./bill-missing.ts";
import { BillOverdue } from "./bill-overdue.ts";
import { BillPaid } from "./bill-paid.ts";
import { BillRequested } from "./bill-requested.ts";
import { BillWithdrawn } from "./bill-withdrawn.ts";
import { OrderCancelled } from "./order-cancelled.ts";
import { OrderCreated } from "./order-created.ts";
import { OrderPaid } from "./order-paid.ts";
import { OrderRequested } from "./order-requested.ts";
import { OrderShipped } from "./order-shipped.ts";
import { ShipmentDispatched } from "./shipment-dispatched.ts";

export {
  BillDeclined,
  BillMissing,
  BillOverdue,
  BillPaid,
  BillRequested,
  BillWithdrawn,
  OrderCancelled,
  OrderCreated,
  OrderPaid,
  OrderRequested,
  OrderShipped,
  ShipmentDispatched,
};

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
] as const;
