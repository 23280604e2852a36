import { type Charge, createBilling, type Withdraw } from "./billing/handler.ts";
import { defineSystem } from "./kernel/system.ts";
import { createNotification, type SendMail } from "./notification/handler.ts";
import { orders } from "./order/edge.ts";
import { order } from "./order/handler.ts";
import { type Book, createShipping } from "./shipping/handler.ts";

/** The shop. */
export const system = defineSystem({
  name: "shop",
  functions: [order, createBilling, createNotification, createShipping],
  edges: [orders],
});

/** What the functions may do to the world. */
export interface Effects {
  readonly charge: Charge;
  readonly withdraw: Withdraw;
  readonly sendMail: SendMail;
  readonly book: Book;
}

/** All functions of the shop. */
export const createFunctions = (effects: Effects) => [
  order,
  createBilling(effects),
  createNotification(effects),
  createShipping(effects),
];
