import { BillDeclined } from "../events/bill-declined.ts";
import { BillPaid } from "../events/bill-paid.ts";
import { BillRequested } from "../events/bill-requested.ts";
import { BillWithdrawn } from "../events/bill-withdrawn.ts";
import { OrderCreated } from "../events/order-created.ts";
import type { Money } from "../events/schema.ts";
import { defineFunction, when } from "../kernel/define.ts";

/** What has become of the money of one key. */
export type Bill = { readonly ok: true; readonly receipt: string } | { readonly ok: false; readonly reason: string };

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
}) => Promise<Bill>;

/**
 * Ends what may be charged under a key. Which of the two comes first decides, and both answer that from then on: what was taken stays
 * taken, and after a withdrawal a charge is refused, however late it comes. So nobody else has to know what was charged, and nobody
 * else can: an answer may be lost after the money was taken.
 *
 * out     whether the money had been taken
 * throws  when that cannot be known: the event comes again
 */
export type Withdraw = (request: { readonly key: string; readonly eventId: string }) => Promise<Bill>;

interface Effects {
  readonly charge: Charge;
  readonly withdraw: Withdraw;
}

/** Bills each order once. It hears order.paid as well, on the same topic, and must not bill for it: no clause, no bill. */
export const createBilling = ({ charge, withdraw }: Effects) =>
  defineFunction({
    name: "billing",
    idempotent: true,
    on: [
      when(OrderCreated, async ({ id, data: { orderId, total: amount } }) =>
        tell({ orderId, amount }, await charge({ key: orderId, amount, eventId: id })),
      ),
      when(BillRequested, async ({ id, data: { orderId, amount } }) =>
        tell({ orderId, amount }, await charge({ key: orderId, amount, eventId: id })),
      ),
      when(BillWithdrawn, async ({ id, data: { orderId, amount } }) =>
        tell({ orderId, amount }, await withdraw({ key: orderId, eventId: id })),
      ),
    ],
    emits: [BillPaid, BillDeclined],
  });

const tell = (what: { readonly orderId: string; readonly amount: Money }, bill: Bill) => ({
  emit: [bill.ok ? BillPaid({ ...what, receipt: bill.receipt }) : BillDeclined({ ...what, reason: bill.reason })],
});
