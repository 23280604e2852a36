import type { OrderDetails } from "../events/schema.ts";

/** What the order knows. Each fact is kept from its first telling; times are those of the events that told it (RFC 3339). */
export interface OrderState {
  readonly order?: OrderDetails;
  readonly createdAt?: string;
  readonly bill?: { readonly outcome: "paid" | "declined"; readonly at: string; readonly reason?: string };
  readonly shipment?: { readonly tracking: string; readonly at: string };
}

export type OrderStatus = "unknown" | "created" | "paid" | "cancelled" | "shipped";

/** Where an order stands is never stored: it follows from the facts, so that it cannot contradict them. */
export function statusOf({ order, bill, shipment }: OrderState): OrderStatus {
  if (!order) return "unknown";
  if (!bill) return "created";
  if (bill.outcome === "declined") return "cancelled";
  return shipment ? "shipped" : "paid";
}
