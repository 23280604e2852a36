import { OrderRequested } from "../events/order-requested.ts";
import type { OrderDetails } from "../events/schema.ts";
import type { EventDraft } from "../kernel/event.ts";
import type { OrderBody } from "./order-body.ts";

/** What a customer asks for becomes a request for an order: its total is ours to compute. */
export function requestOrder(orderId: string, { customer, items, currency }: OrderBody): EventDraft<OrderDetails> {
  const amount = items.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
  return OrderRequested({ orderId, customer, items, total: { amount, currency } });
}
