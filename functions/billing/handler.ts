import { BillDeclined } from "../events/bill-declined.ts";
import { BillPaid } from "../events/bill-paid.ts";
import { OrderCreated } from "../events/order-created.ts";
import type { Money } from "../events/schema.ts";
import { defineFunction, when } from "../kernel/define.ts";

/**
 * Charges once per key, however often it is asked.
 *
 * out     whether the money was taken
 * throws  when that cannot be known: the event comes again
 */
export type Charge = (request: {
  readonly key: string;
  readonly amount: Money;
  readonly eventId: string;
}) => Promise<{ readonly ok: true; readonly receipt: string } | { readonly ok: false; readonly reason: string }>;

/** Bills each order once. It hears order.paid as well, on the same topic, and must not bill for it: no clause, no bill. */
export const createBilling = ({ charge }: { readonly charge: Charge }) =>
  defineFunction({
    name: "billing",
    on: [
      when(OrderCreated, async ({ id, data: { orderId, total: amount } }) => {
        const bill = await charge({ key: orderId, amount, eventId: id });
        if (!bill.ok) return { emit: [BillDeclined({ orderId, amount, reason: bill.reason })] };
        return { emit: [BillPaid({ orderId, amount, receipt: bill.receipt })] };
      }),
    ],
    emits: [BillPaid, BillDeclined],
  });
