import { type Charge, createBilling, type Withdraw } from "./billing/handler.ts";
import { createNotification, type SendMail } from "./notification/handler.ts";
import { order } from "./order/handler.ts";
import { type Book, createShipping } from "./shipping/handler.ts";

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
