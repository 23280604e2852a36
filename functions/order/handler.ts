import { BillDeclined } from "../events/bill-declined.ts";
import { BillMissing } from "../events/bill-missing.ts";
import { BillOverdue } from "../events/bill-overdue.ts";
import { BillPaid } from "../events/bill-paid.ts";
import { BillRequested } from "../events/bill-requested.ts";
import { BillWithdrawn } from "../events/bill-withdrawn.ts";
import { OrderCancelled } from "../events/order-cancelled.ts";
import { OrderCreated } from "../events/order-created.ts";
import { OrderPaid } from "../events/order-paid.ts";
import { OrderRequested } from "../events/order-requested.ts";
import { OrderShipped } from "../events/order-shipped.ts";
import type { Money } from "../events/schema.ts";
import { ShipmentDispatched } from "../events/shipment-dispatched.ts";
import { after } from "../kernel/after.ts";
import { defineFunction, type Reaction, when } from "../kernel/define.ts";
import type { EventDraft } from "../kernel/event.ts";
import { Dead } from "../kernel/outcome.ts";
import { type OrderState, type OrderStatus, orderState, statusOf } from "./state.ts";

/**
 * Owns the order. Every event is a fact that is learned once, in any order; what can be said follows from the facts.
 * Of contradicting bills the first wins, and nothing but a bill ends the wait for one. What is told of an order that nobody knows
 * waits for it for as long as an order waits for its bill.
 */
export const order = defineFunction<OrderState>({
  name: "order",
  state: orderState,
  on: [
    when(OrderRequested, ({ data, time }, state) => learn(data, { order: data, createdAt: time }, state)),
    when(BillPaid, ({ data, time }, state) => learn(data, { bill: { outcome: "paid", at: time } }, state)),
    when(BillDeclined, ({ data, time }, state) =>
      learn(data, { bill: { outcome: "declined", at: time, reason: data.reason } }, state),
    ),
    when(ShipmentDispatched, ({ data, time }, state) =>
      learn(data, { shipment: { tracking: data.tracking, at: time } }, state),
    ),
    when(BillOverdue, unlessBilled(BillRequested)),
    when(BillMissing, unlessBilled(BillWithdrawn)),
  ],
  emits: [
    OrderCreated,
    BillOverdue,
    BillRequested,
    BillMissing,
    BillWithdrawn,
    OrderPaid,
    OrderCancelled,
    OrderShipped,
  ],
});

type About = { readonly orderId: string };

function learn({ orderId }: About, fact: OrderState, state?: OrderState): Reaction<OrderState> {
  const next = { ...fact, ...state };
  const told = state ? tellable(state, orderId) : [];
  return {
    state: next,
    emit: tellable(next, orderId).filter(({ type }) => told.every((draft) => draft.type !== type)),
  };
}

/** What a timer does: where there is a bill, nothing. throws: Dead `unknown-order`: a fact was told of an order that never came */
function unlessBilled(say: (what: About & { readonly amount: Money }) => EventDraft) {
  return ({ data: { orderId } }: { readonly data: About }, { order, bill }: OrderState = {}): Reaction<OrderState> => {
    if (!order) throw new Dead("unknown-order", "orderId: must be of an order that was placed");
    return bill ? {} : { emit: [say({ orderId, amount: order.total })] };
  };
}

/** Everything that these facts let the order say, since its first day. */
function tellable(state: OrderState, orderId: string): readonly EventDraft[] {
  return STORY[statusOf(state)].map((say) => say({ ...(state as Known), orderId }));
}

type Known = Required<OrderState> & About;

const created = ({ order }: Known) => OrderCreated(order);
const remind = ({ orderId }: Known) => after({ minutes: 15 }, BillOverdue({ orderId }));
const giveUp = ({ orderId }: Known) => after({ days: 1 }, BillMissing({ orderId }));
const paid = ({ order }: Known) => OrderPaid(order);
const cancelled = ({ orderId, order: { customer }, bill: { reason = "declined" } }: Known) =>
  OrderCancelled({ orderId, customer, reason });
const shipped = ({ orderId, order: { customer }, shipment: { tracking } }: Known) =>
  OrderShipped({ orderId, customer, tracking });

const STORY = {
  unknown: [remind],
  created: [created, remind, giveUp],
  paid: [created, paid],
  cancelled: [created, cancelled],
  shipped: [created, paid, shipped],
} as const satisfies Record<OrderStatus, readonly ((state: Known) => EventDraft)[]>;
