import * as v from "valibot";
import { order, regex } from "../events/schema.ts";

// A picklist, or an action of its own, would be half of what this schema adds to a bundle.
const outcome = /* @__PURE__ */ v.pipe(
  /* @__PURE__ */ v.string(),
  /* @__PURE__ */ regex(/^(paid|declined)$/),
) as v.GenericSchema<"paid" | "declined">;

/**
 * What the order knows. Each fact is kept from its first telling; times are those of the events that told it (RFC 3339). Whoever
 * changes the order in its events changes it here: that wants a new version.
 */
export const orderState = /* @__PURE__ */ v.object({
  order: /* @__PURE__ */ v.exactOptional(order),
  createdAt: /* @__PURE__ */ v.exactOptional(/* @__PURE__ */ v.string()),
  bill: /* @__PURE__ */ v.exactOptional(
    /* @__PURE__ */ v.object({
      outcome,
      at: /* @__PURE__ */ v.string(),
      reason: /* @__PURE__ */ v.exactOptional(/* @__PURE__ */ v.string()),
    }),
  ),
  shipment: /* @__PURE__ */ v.exactOptional(
    /* @__PURE__ */ v.object({ tracking: /* @__PURE__ */ v.string(), at: /* @__PURE__ */ v.string() }),
  ),
});
export type OrderState = Readonly<v.InferOutput<typeof orderState>>;

export type OrderStatus = "unknown" | "created" | "paid" | "cancelled" | "shipped";

/** Where an order stands is never stored: it follows from the facts, so that it cannot contradict them. */
export function statusOf({ order, bill, shipment }: OrderState): OrderStatus {
  if (!order) return "unknown";
  if (!bill) return "created";
  if (bill.outcome === "declined") return "cancelled";
  return shipment ? "shipped" : "paid";
}
