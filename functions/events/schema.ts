import * as v from "valibot";

// A refused value may be personal data, and the message ends in logs and dead letters: say the rule, never the value.
v.setGlobalMessage(({ kind, type, expected, received }) => {
  if (received === "undefined") return "is required";
  if (type === "strict_object" && expected === "never") return "is not a known field";
  return kind === "schema"
    ? `must be ${expected}`
    : `must satisfy ${[type.replaceAll("_", " "), expected].join(" ").trim()}`;
});

/** By the one action that takes any rule, said as valibot says it: each action of its own is 300 bytes more in every bundle. */
const rule = <Value>(name: string, holds: (value: Value) => boolean) => v.check(holds, `must satisfy ${name}`);
const notEmpty = <Value extends { readonly length: number }>() =>
  rule<Value>("min length >=1", ({ length }) => length >= 1);
const maxLength = <Value extends { readonly length: number }>(most: number) =>
  rule<Value>(`max length <=${most}`, ({ length }) => length <= most);
const minValue = (least: number) => rule<number>(`min value >=${least}`, (value) => value >= least);
const maxValue = (most: number) => rule<number>(`max value <=${most}`, (value) => value <= most);
const safeInteger = () => rule<number>("safe integer", Number.isSafeInteger);
export const regex = (pattern: RegExp) => rule<string>(`regex ${pattern}`, (value) => pattern.test(value));

const text = (most: number) => v.pipe(v.string(), notEmpty<string>(), maxLength<string>(most));
const count = (most: number) => v.pipe(v.number(), safeInteger(), minValue(1), maxValue(most));
/** Of 1 to 100 items, as many as an order has. */
export const itemsOf = <Item extends v.GenericSchema>(item: Item) =>
  v.pipe(v.array(item), notEmpty<v.InferOutput<Item>[]>(), maxLength<v.InferOutput<Item>[]>(100));

export const orderId = text(100);
/** What everything in the shop is about. */
export const orderIdOf = ({ orderId }: { readonly orderId: string }): string => orderId;
export const reference = text(100);
/** Which order, and nothing of it. */
export const anOrder = /* @__PURE__ */ v.object({ orderId });

/** Integer minor units and an ISO 4217 code. */
export const money = v.object({
  amount: v.pipe(v.number(), safeInteger(), minValue(0)),
  currency: v.pipe(v.string(), regex(/^[A-Z]{3}$/)),
});
export type Money = v.InferOutput<typeof money>;

/** What there is to pay for which order. */
export const orderAmount = /* @__PURE__ */ v.object({ orderId, amount: money });

/** Put on what is about a person: who shows events hides it until it is asked for. */
export const personal = <Value>() => v.metadata<Value, { readonly personal: true }>({ personal: true });

export const customer = v.object({
  name: v.pipe(text(200), personal<string>()),
  email: v.pipe(text(254), regex(/^[^\s@]+@[^\s@]+$/), personal<string>()),
});
export type Customer = v.InferOutput<typeof customer>;

export const item = v.object({ sku: text(100), quantity: count(1_000), unitPrice: count(100_000_000) });

export const order = v.object({
  orderId,
  customer,
  items: itemsOf(item),
  total: money,
});
export type OrderDetails = v.InferOutput<typeof order>;
