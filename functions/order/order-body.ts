import * as v from "valibot";
import { customer, item, money } from "../events/schema.ts";

/** What may be POSTed to /orders: the order's id and its total are ours to give. */
export const orderBody = v.strictObject({
  customer: v.strictObject(customer.entries),
  items: v.pipe(v.array(v.strictObject(item.entries)), v.minLength(1), v.maxLength(100)),
  currency: money.entries.currency,
});
export type OrderBody = v.InferOutput<typeof orderBody>;
