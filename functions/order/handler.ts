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
import { type OrderState, type OrderStatus, orderState, statusOf } from "./state.ts";

/**
 * Owns the order. Every event is a fact that is learned once, in any order; what can be said follows from the facts.
 * Of contradicting bills the first wins, and nothing but a bill ends the wait for one.
 */
export const order = defineFunction<OrderState>({
  name: "order",
  state: orderState,
  on: [
    when(OrderRequested, ({ data, time }, state) => learn(state, { order: data, createdAt: time })),
    when(BillPaid, ({ time }, state) => learn(state, { bill: { outcome: "paid", at: time } })),
    when(BillDeclined, ({ data: { reason }, time }, state) =>
      learn(state, { bill: { outcome: "declined", at: time, reason } }),
    ),
    when(ShipmentDispatched, ({ data: { tracking }, time }, state) =>
      learn(state, { shipment: { tracking, at: time } }),
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

function learn(state: OrderState = {}, fact: OrderState): Reaction<OrderState> {
  const next = { ...fact, ...state };
  const told = tellable(state);
  return { state: next, emit: tellable(next).filter(({ type }) => told.every((draft) => draft.type !== type)) };
}

/** What a timer does: where there is a bill, nothing. */
function unlessBilled(say: (what: { readonly orderId: string; readonly amount: Money }) => EventDraft) {
  return (_: unknown, { order, bill }: OrderState = {}): Reaction<OrderState> =>
    order && !bill ? { emit: [say({ orderId: order.orderId, amount: order.total })] } : {};
}

/** Everything that these facts let the order say, since its first day. */
function tellable(state: OrderState): readonly EventDraft[] {
  return STORY[statusOf(state)].map((say) => say(state as Known));
}

type Known = Required<OrderState>;

const created = ({ order }: Known) => OrderCreated(order);
const remind = ({ order: { orderId } }: Known) => after({ minutes: 15 }, BillOverdue({ orderId }));
const giveUp = ({ order: { orderId } }: Known) => after({ days: 1 }, BillMissing({ orderId }));
const paid = ({ order }: Known) => OrderPaid(order);
const cancelled = ({ order: { orderId, customer }, bill: { reason = "declined" } }: Known) =>
  OrderCancelled({ orderId, customer, reason });
const shipped = ({ order: { orderId, customer }, shipment: { tracking } }: Known) =>
  OrderShipped({ orderId, customer, tracking });

const STORY = {
  unknown: [],
  created: [created, remind, giveUp],
  paid: [created, paid],
  cancelled: [created, cancelled],
  shipped: [created, paid, shipped],
} as const satisfies Record<OrderStatus, readonly ((state: Known) => EventDraft)[]>;
