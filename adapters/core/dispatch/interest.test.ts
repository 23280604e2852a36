import { expect, it } from "vitest";
import { createBilling } from "../../../functions/billing/handler.ts";
import { catalogue, OrderCreated, OrderPaid, OrderRequested } from "../../../functions/events/index.ts";
import { order } from "../../../functions/order/handler.ts";
import { createEffects } from "../../effects/index.ts";
import { passOver } from "./interest.ts";

const billing = createBilling(createEffects({}));
const types = new Set(catalogue.map(({ type }) => type));
const STRANGE = "com.example.order.created.v2";

const ignored = { kind: "ack", how: "ignored" };
const unknown = { kind: "ack", how: "unknown" };

it.each([
  ["consumed", undefined, "it has a clause for it", billing, { type: OrderCreated.type }],
  ["ignored", ignored, "others consume it", billing, { type: OrderPaid.type }],
  ["consumed", undefined, "the edge brings what only it may", order, { type: OrderRequested.type, fromEdge: true }],
  ["ignored", ignored, "a broker brings what only the edge may bring", order, { type: OrderRequested.type }],
  ["unknown", unknown, "a newer producer says it", billing, { type: STRANGE }],
  [
    "unknown",
    unknown,
    "it differs in one letter's case",
    billing,
    { type: OrderCreated.type.replace("order", "Order") },
  ],
  ["unknown", unknown, "it has a blank before it", billing, { type: ` ${OrderCreated.type}` }],
  ["unknown", unknown, "it is called as what every object has", billing, { type: "constructor" }],
])("%s: %j: %s", (_interest, outcome, _why, fn, { type, ...arrived }) => {
  expect(passOver(fn, { ...arrived, event: { type } }, { types, now: Date.now })).toEqual(outcome);
});

it("ignored: of a host without a catalogue, whatever is not consumed", () => {
  expect(passOver(billing, { event: { type: STRANGE } }, { now: Date.now })).toEqual(ignored);
});
