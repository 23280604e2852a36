import type { Customer, Money, OrderDetails } from "./schema.ts";

// Apart from the events, so that one event's sample does not keep another event in a bundle.
export const customerSample: Customer = { name: "Ada Example", email: "ada@example.com" };

export const moneySample: Money = { amount: 2500, currency: "EUR" };

export const orderSample: OrderDetails = {
  orderId: "o-1",
  customer: customerSample,
  items: [{ sku: "mug-blue", quantity: 2, unitPrice: 1250 }],
  total: moneySample,
};
