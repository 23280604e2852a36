import * as v from "valibot";

// A refused value may be personal data, and the message ends in logs and dead letters: say the rule, never the value.
v.setGlobalMessage(({ kind, type, expected, received }) => {
  if (received === "undefined") return "is required";
  if (type === "strict_object" && expected === "never") return "is not a known field";
  return kind === "schema"
    ? `must be ${expected}`
    : `must satisfy ${[type.replaceAll("_", " "), expected].join(" ").trim()}`;
});

const text = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most));
const count = (most: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(most));

export const orderId = text(100);
export const reference = text(100);

/** Integer minor units and an ISO 4217 code. */
export const money = v.object({
  amount: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  currency: v.pipe(v.string(), v.regex(/^[A-Z]{3}$/)),
});
export type Money = v.InferOutput<typeof money>;

export const customer = v.object({
  name: text(200),
  email: v.pipe(text(254), v.regex(/^[^\s@]+@[^\s@]+$/)),
});
export type Customer = v.InferOutput<typeof customer>;

export const item = v.object({ sku: text(100), quantity: count(1_000), unitPrice: count(100_000_000) });

export const order = v.object({
  orderId,
  customer,
  items: v.pipe(v.array(item), v.minLength(1), v.maxLength(100)),
  total: money,
});
export type OrderDetails = v.InferOutput<typeof order>;
