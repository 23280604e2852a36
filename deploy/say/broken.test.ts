import * as v from "valibot";
import { expect, it } from "vitest";
import { catalogue } from "../../functions/events/index.ts";
import { defineEvent, type EventType } from "../../functions/kernel/define.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { breakData } from "./broken.ts";

const events: readonly (EventType & { readonly sample: unknown })[] = catalogue;

it.each(events.map((event) => ({ type: event.type, event })))(
  "breaks the sample of $type in one field, so that its schema refuses it",
  ({ event }) => {
    const { data, what } = breakData(event.sample, event);
    expect(() => event.parse(data)).toThrow(Dead);
    expect(what).toMatch(/^data\.[\w.]+ is /);
  },
);

const define = (data: v.GenericSchema<{ id: string }>) =>
  defineEvent({ type: "org.example.it.v1", topic: "things", data, subject: ({ id }: { id: string }) => id });

it.each([
  [
    "a number becomes its text",
    v.object({ id: v.string(), in: v.array(v.object({ count: v.number() })) }),
    { id: "a", in: [{ count: 3 }] },
    { data: { id: "a", in: [{ count: "3" }] }, what: 'data.in.0.count is "3" instead of 3' },
  ],
  [
    "a text becomes an object",
    v.object({ id: v.string(), name: v.string() }),
    { id: "a", name: "b" },
    { data: { id: "a", name: {} }, what: 'data.name is {} instead of "b"' },
  ],
  [
    "what may be anything, but must be there, is left out",
    v.pipe(
      v.looseObject({ id: v.string() }),
      v.check((value) => "any" in value),
    ),
    { id: "a", any: 1 },
    { data: { id: "a" }, what: "data.any is missing" },
  ],
])("%s", (_how, schema, data, broken) => {
  expect(breakData(data, define(schema as never))).toEqual(broken);
});

it("leaves what the event is about as it is, unless nothing else is in it", () => {
  const both = define(v.object({ id: v.string(), name: v.string() }));
  const one = define(v.object({ id: v.string() }));
  expect([breakData({ id: "a", name: "b" }, both).data, breakData({ id: "a" }, one).data]).toEqual([
    { id: "a", name: {} },
    { id: {} },
  ]);
});

it("says so where a schema takes anything", () => {
  expect(() => breakData({ id: "a" }, define(v.any()))).toThrow(
    new Error("org.example.it.v1: its schema refuses nothing that could be done to its sample"),
  );
});
