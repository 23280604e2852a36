import { OrderPaid } from "../events/order-paid.ts";
import type { OrderDetails } from "../events/schema.ts";
import { ShipmentDispatched } from "../events/shipment-dispatched.ts";
import { defineFunction, when } from "../kernel/define.ts";

/**
 * Books one parcel per key, however often it is asked.
 *
 * throws  when that cannot be known: the event comes again
 */
export type Book = (request: {
  readonly key: string;
  readonly order: OrderDetails;
  readonly eventId: string;
}) => Promise<{ readonly tracking: string }>;

/** Ships each paid order once. */
export const createShipping = ({ book }: { readonly book: Book }) =>
  defineFunction({
    name: "shipping",
    idempotent: true,
    on: [
      when(OrderPaid, async ({ id, data: order }) => {
        const { tracking } = await book({ key: order.orderId, order, eventId: id });
        return { emit: [ShipmentDispatched({ orderId: order.orderId, tracking })] };
      }),
    ],
    emits: [ShipmentDispatched],
  });
