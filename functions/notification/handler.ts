import { OrderCancelled } from "../events/order-cancelled.ts";
import { OrderCreated } from "../events/order-created.ts";
import { OrderPaid } from "../events/order-paid.ts";
import { OrderShipped } from "../events/order-shipped.ts";
import type { Customer } from "../events/schema.ts";
import { defineFunction, when } from "../kernel/define.ts";
import type { Checked } from "../kernel/event.ts";

/**
 * Sends a mail. It cannot tell a repetition, whatever the key says: the function that uses it is exclusive.
 *
 * throws  when the mail was not sent: the event comes again
 */
export type SendMail = (request: {
  readonly key: string;
  readonly to: Customer;
  readonly subject: string;
  readonly eventId: string;
}) => Promise<void>;

interface Told {
  readonly orderId: string;
  readonly customer: Customer;
}

/** Tells the customer each step of an order. */
export const createNotification = ({ sendMail }: { readonly sendMail: SendMail }) => {
  const tell =
    (subject: string) =>
    async ({ id, type, data: { orderId, customer } }: Checked<Told>) => {
      await sendMail({ key: `${orderId}/${type}`, to: customer, subject: `${subject} (${orderId})`, eventId: id });
      return {};
    };
  return defineFunction({
    name: "notification",
    exclusive: true,
    on: [
      when(OrderCreated, tell("We have your order")),
      when(OrderPaid, tell("Your order is paid")),
      when(OrderCancelled, tell("Your order is cancelled")),
      when(OrderShipped, tell("Your order is on its way")),
    ],
  });
};
