import { defineEdge } from "../kernel/edge.ts";
import { dummyOrder } from "./dummy-order.ts";
import { order } from "./handler.ts";
import { orderBody } from "./order-body.ts";
import { requestOrder } from "./place.ts";
import { type OrderState, statusOf } from "./state.ts";

/** Where customers place orders, and see where they stand. */
export const orders = defineEdge({
  name: "order",
  path: "/orders",
  of: order,
  body: orderBody,
  none: dummyOrder,
  event: requestOrder,
  show: (state: OrderState, orderId) => {
    const { order: placed, shipment } = state;
    if (!placed) return undefined;
    // The customer is left out: whoever knows the id may ask.
    const { items, total } = placed;
    return {
      orderId,
      status: statusOf(state),
      steps: stepsOf(state),
      items,
      total,
      ...(shipment ? { tracking: shipment.tracking } : {}),
    };
  },
});

function stepsOf(state: OrderState) {
  const { createdAt, bill, shipment } = state;
  const status = statusOf(state);
  return [
    { status: "created", at: createdAt },
    ...(bill ? [{ status: bill.outcome === "paid" ? "paid" : "cancelled", at: bill.at }] : []),
    ...(status === "shipped" && shipment ? [{ status, at: shipment.at }] : []),
  ];
}
