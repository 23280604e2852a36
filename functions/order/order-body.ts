import * as v from "valibot";
import { customer, item, itemsOf, money } from "../events/schema.ts";

/** What may be POSTed to /orders: the order's id and its total are ours to give. */
export const orderBody = v.strictObject({
  customer: v.strictObject(customer.entries),
  items: itemsOf(v.strictObject(item.entries)),
  currency: money.entries.currency,
});
export type OrderBody = v.InferOutput<typeof orderBody>;
