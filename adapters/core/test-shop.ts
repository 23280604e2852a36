import { createBilling } from "../../functions/billing/handler.ts";
import { defineSystem, type System } from "../../functions/kernel/system.ts";
import { createNotification } from "../../functions/notification/handler.ts";
import { order } from "../../functions/order/handler.ts";
import { createShipping } from "../../functions/shipping/handler.ts";

/** For tests: the shop by its functions, so that what it says and does is known whatever is added to it. */
export const shop = defineSystem({
  name: "shop",
  functions: [order, createBilling, createNotification, createShipping],
});

export type ShopEffects = typeof shop extends System<infer All> ? All : never;
