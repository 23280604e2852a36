import { createBilling } from "./billing/handler.ts";
import { defineSystem } from "./kernel/system.ts";
import { createNotification } from "./notification/handler.ts";
import { orders } from "./order/edge.ts";
import { order } from "./order/handler.ts";
import { createShipping } from "./shipping/handler.ts";

/** The shop. */
export const system = defineSystem({
  name: "shop",
  functions: [order, createBilling, createNotification, createShipping],
  edges: [orders],
});
