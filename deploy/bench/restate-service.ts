import { createServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { createEffects } from "../../adapters/effects/index.ts";
import type { OrderDetails } from "../../functions/events/schema.ts";
import type { OrderBody } from "../../functions/order/order-body.ts";
import { loadRestateSdk } from "../engines/restate.ts";

// One service of the same flow on Restate: node restate-service.ts NAME PORT. As its users write it: the order is an object that keeps
// state, each effect is a durable step, what a service says to another is a message. Its effects are those of the shop.

/** As far as it is used. source: @restatedev/restate-sdk, dist/index.d.ts */
interface Context {
  readonly key: string;
  get<Value>(name: string): Promise<Value | null>;
  set<Value>(name: string, value: Value): void;
  run<Value>(name: string, step: () => Promise<Value>): Promise<Value>;
  serviceSendClient(service: { readonly name: string }): Readonly<Record<string, (message: object) => void>>;
  objectSendClient(
    service: { readonly name: string },
    key: string,
  ): Readonly<Record<string, (message: object) => void>>;
}
type Handlers = Readonly<Record<string, (context: Context, message: never) => Promise<unknown>>>;
interface Sdk {
  service(definition: { readonly name: string; readonly handlers: Handlers }): object;
  object(definition: { readonly name: string; readonly handlers: Handlers }): object;
  createEndpointHandler(options: {
    readonly services: readonly object[];
  }): (request: Http2ServerRequest, response: Http2ServerResponse) => void;
}

const { service, object, createEndpointHandler } = loadRestateSdk() as Sdk;
const { charge, book, sendMail } = createEffects(process.env);
const named = (name: string) => ({ name });

const tell = (context: Context, step: string, { orderId, customer }: Pick<OrderDetails, "orderId" | "customer">) =>
  context.serviceSendClient(named("notification")).mail?.({ orderId, customer, type: `com.example.order.${step}.v1` });

const services: Readonly<Record<string, () => object>> = {
  order: () =>
    object({
      name: "order",
      handlers: {
        async place(context, { customer, items, currency }: OrderBody) {
          if (await context.get("status")) return;
          const amount = items.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
          const order: OrderDetails = { orderId: context.key, customer, items, total: { amount, currency } };
          context.set("status", "created");
          context.set("order", order);
          context.serviceSendClient(named("billing")).created?.(order);
          tell(context, "created", order);
        },
        async paid(context, { receipt }: { readonly receipt: string }) {
          const order = (await context.get<OrderDetails>("order")) as OrderDetails;
          context.set("status", "paid");
          context.set("receipt", receipt);
          context.serviceSendClient(named("shipping")).paid?.(order);
          tell(context, "paid", order);
        },
        async shipped(context, { tracking }: { readonly tracking: string }) {
          const order = (await context.get<OrderDetails>("order")) as OrderDetails;
          context.set("status", "shipped");
          context.set("tracking", tracking);
          tell(context, "shipped", order);
        },
      },
    }),
  billing: () =>
    service({
      name: "billing",
      handlers: {
        async created(context, { orderId, total }: OrderDetails) {
          const bill = await context.run("charge", () => charge({ key: orderId, amount: total, eventId: orderId }));
          context.objectSendClient(named("order"), orderId).paid?.(bill);
        },
      },
    }),
  shipping: () =>
    service({
      name: "shipping",
      handlers: {
        async paid(context, order: OrderDetails) {
          const { orderId } = order;
          const booked = await context.run("book", () => book({ key: orderId, order, eventId: orderId }));
          context.objectSendClient(named("order"), orderId).shipped?.(booked);
        },
      },
    }),
  notification: () =>
    service({
      name: "notification",
      handlers: {
        async mail(context, { orderId, customer, type }: OrderDetails & { readonly type: string }) {
          const mail = { key: `${orderId}/${type}`, to: customer, subject: `${type} (${orderId})`, eventId: orderId };
          await context.run("mail", () => sendMail(mail));
        },
      },
    }),
};

const [, , name = "", port] = process.argv;
const make = services[name];
if (!make) throw new Error(`${name} is no service of this flow`);
// As its own `serve` does, but for the address.
createServer(createEndpointHandler({ services: [make()] })).listen(Number(port), "127.0.0.1");
