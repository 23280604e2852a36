import { expect, it } from "vitest";
import { createBilling } from "../../../functions/billing/handler.ts";
import { catalogue, OrderCreated, OrderPaid, OrderRequested } from "../../../functions/events/index.ts";
import { order } from "../../../functions/order/handler.ts";
import { createEffects } from "../../effects/index.ts";
import { interestIn } from "./interest.ts";

const billing = createBilling(createEffects({}));
const types = new Set(catalogue.map(({ type }) => type));
const STRANGE = "com.example.order.created.v2";

it.each([
  ["consumed", "it has a clause for it", billing, { type: OrderCreated.type }],
  ["ignored", "others consume it", billing, { type: OrderPaid.type }],
  ["consumed", "the edge brings what only the edge may bring", order, { type: OrderRequested.type, fromEdge: true }],
  ["ignored", "a broker brings what only the edge may bring", order, { type: OrderRequested.type }],
  ["unknown", "a newer producer says it", billing, { type: STRANGE }],
  ["unknown", "it differs in one letter's case", billing, { type: OrderCreated.type.replace("order", "Order") }],
  ["unknown", "it has a blank before it", billing, { type: ` ${OrderCreated.type}` }],
  ["unknown", "it is called as what every object has", billing, { type: "constructor" }],
])("%s: %s", (interest, _why, fn, arrived) => {
  expect(interestIn(fn, arrived, { types })).toBe(interest);
});

it("ignored: of a host without a catalogue, whatever is not consumed", () => {
  expect(interestIn(billing, { type: STRANGE }, {})).toBe("ignored");
});
