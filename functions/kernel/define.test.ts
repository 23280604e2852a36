import type { StandardSchemaV1 } from "@standard-schema/spec";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { catalogue, OrderCreated, OrderPaid, OrderRequested } from "../events/index.ts";
import { defineEvent, defineFunction, topicsOf, when } from "./define.ts";
import { Dead } from "./outcome.ts";

const PRIVATE = "ada.private@example.com +49 170 1234567";

/** Every way to spoil one field of a sample, at any depth: [path, data]. */
function spoilt(data: unknown, bad: unknown): [string, unknown][] {
  if (typeof data !== "object" || data === null) return [];
  return Object.entries(data).flatMap(([key, field]) => {
    const put = (value: unknown) => (Array.isArray(data) ? data.with(Number(key), value) : { ...data, [key]: value });
    const deeper = spoilt(field, bad).map(([path, value]): [string, unknown] => [`${key}.${path}`, put(value)]);
    return [[key, put(bad)], ...deeper] as [string, unknown][];
  });
}

const refusal = (parse: () => unknown): Dead => {
  try {
    parse();
  } catch (error) {
    if (error instanceof Dead) return error;
  }
  throw new Error("was not refused");
};

const types = catalogue.map((event) => ({ type: event.type, sample: event.sample as unknown, parse: event.parse }));

describe.each(types)("$type refuses broken data", ({ type, sample, parse }) => {
  it.each([
    ["that is missing", undefined, "is required"],
    ["of another kind", true, "must be (string|number|Object|Array)"],
    ["that is an object of personal data", { secret: PRIVATE }, "(must be (string|number|Array)|is required)"],
    ["that is a list of personal data", [PRIVATE], "(must be (string|number|Object)|is required)"],
  ])("naming the field %s and the rule, never the value", (_fault, bad, rule) => {
    const cases = spoilt(sample, bad);
    expect(cases.length).toBeGreaterThan(0);
    for (const [path, data] of cases) {
      const { code, message } = refusal(() => parse(data));
      expect(code).toBe("schema");
      expect(message).toMatch(new RegExp(`^data\\.${path}(\\.\\w+)* of ${type}: ${rule}$`));
    }
  });

  it.each([[undefined], [null], [PRIVATE], [0]])("that is no object: %j", (data) => {
    const { message } = refusal(() => parse(data));
    expect(message).toMatch(new RegExp(`^data of ${type}: (must be Object|is required)$`));
  });
});

it.each(types.filter(({ sample }) => Object.hasOwn(sample as object, "orderId")))(
  "$type refuses text that is too long, without repeating it",
  ({ type, sample, parse }) => {
    const long = PRIVATE.repeat(50);
    const { message } = refusal(() => parse({ ...(sample as object), orderId: long }));
    expect(message).toBe(`data.orderId of ${type}: must satisfy max length <=100`);
  },
);

it.each([
  [
    "an address without @",
    { customer: { name: "Ada", email: "ada.private" } },
    "data.customer.email",
    "must satisfy regex",
  ],
  [
    "a negative price",
    { items: [{ sku: "s", quantity: 1, unitPrice: -5 }] },
    "data.items.0.unitPrice",
    "must satisfy min value >=1",
  ],
  ["half a cent", { total: { amount: 0.5, currency: "EUR" } }, "data.total.amount", "must satisfy safe integer"],
  ["a currency in words", { total: { amount: 1, currency: "private" } }, "data.total.currency", "must satisfy regex"],
  ["no item", { items: [] }, "data.items", "must satisfy min length >=1"],
])("refuses an order with %s by its rule", (_fault, part, path, rule) => {
  const { message } = refusal(() => OrderCreated.parse({ ...OrderCreated.sample, ...part }));
  expect(message).toContain(`${path} of ${OrderCreated.type}: ${rule}`);
  expect(message).not.toContain("private");
});

describe("a definition that cannot work ends at start", () => {
  const nothing = () => ({});
  it.each([
    {
      fault: "two clauses for one event type",
      define: () => defineFunction({ name: "a", on: [when(OrderPaid, nothing), when(OrderPaid, nothing)] }),
      message: `a: two clauses for ${OrderPaid.type}`,
    },
    {
      fault: "an emitted event without a topic, which would reach nobody",
      define: () => defineFunction({ name: "a", on: [when(OrderPaid, nothing)], emits: [OrderRequested] }),
      message: `a: emits ${OrderRequested.type}, which has no topic and no clause here`,
    },
    ...[{ exclusive: true }, { state: v.object({}) }].map((other) => ({
      fault: `an idempotent function with ${Object.keys(other)}, whose document has to be read first`,
      define: () => defineFunction({ name: "a", idempotent: true, on: [when(OrderPaid, nothing)], ...other }),
      message: "a: idempotent: keeps nothing, is not exclusive",
    })),
  ])("$fault", ({ define, message }) => {
    expect(define).toThrow(new TypeError(message));
  });
});

it("lets a function emit without a topic what it consumes itself, which is how a timer comes to it", () => {
  const { type } = OrderRequested;
  const fn = defineFunction({ name: "a", on: [when(OrderRequested, () => ({}))], emits: [OrderRequested] });
  expect([fn.emits.has(type), fn.on.has(type), topicsOf(fn)]).toEqual([true, true, []]);
});

it("refuses a schema that answers later, instead of taking its promise for data", () => {
  const later: StandardSchemaV1<unknown, string> = {
    "~standard": { version: 1, vendor: "test", validate: async () => ({ value: "x" }) },
  };
  const Late = defineEvent({ type: "late.v1", topic: "t", data: later, subject: () => "s" });
  expect(() => Late.parse("x")).toThrow(new TypeError("late.v1: schemas must be synchronous"));
});

it("gives a throw of a handler that is not async as a rejection, so that hosts see one kind of failure", async () => {
  const clause = when(OrderPaid, () => {
    throw new Error("at once");
  });
  const event = { specversion: "1.0", id: "1", source: "/a", type: OrderPaid.type, data: OrderPaid.sample, time: "" };
  const reaction = clause.react(event, undefined);
  await expect(reaction).rejects.toThrow("at once");
});

it("subscribes to each topic once and to none for what only the edge brings", () => {
  const nothing = () => ({});
  const fn = defineFunction({
    name: "a",
    on: [OrderRequested, OrderPaid, OrderCreated].map((event) => when(event, nothing)),
  });
  expect(topicsOf(fn)).toEqual(["orders"]);
});

it("says an event about the subject of its data", () => {
  const data = OrderPaid.sample;
  expect(OrderPaid(data)).toEqual({ type: "com.example.order.paid.v1", subject: "o-1", data });
});
