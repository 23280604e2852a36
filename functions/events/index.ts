import { BillDeclined } from "./bill-declined.ts";
import { BillPaid } from "./bill-paid.ts";
import { OrderCancelled } from "./order-cancelled.ts";
import { OrderCreated } from "./order-created.ts";
import { OrderPaid } from "./order-paid.ts";
import { OrderRequested } from "./order-requested.ts";
import { OrderShipped } from "./order-shipped.ts";
import { ShipmentDispatched } from "./shipment-dispatched.ts";

export {
  BillDeclined,
  BillPaid,
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
  BillPaid,
  BillDeclined,
  OrderPaid,
  OrderCancelled,
  ShipmentDispatched,
  OrderShipped,
] as const;
