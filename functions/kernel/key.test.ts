import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { defineEvent, defineFunction, when } from "./define.ts";
import { Dead } from "./outcome.ts";

const subject = ({ id }: { readonly id: string }) => id;
const Bought = defineEvent({
  type: "bought.v1",
  topic: "buys",
  data: v.object({ id: v.string(), by: v.string() }),
  subject,
});
const BoughtV2 = defineEvent({
  type: "bought.v2",
  topic: "buys",
  data: v.object({ id: v.string(), customer: v.string() }),
  subject,
  upcast: {
    from: Bought,
    to({ id, by }) {
      if (by === "nobody") throw new Dead("nobody", "by: must be somebody");
      return { id, customer: by.toLowerCase() };
    },
  },
});

const state = v.number();
const nothing = () => ({});
const event = { specversion: "1.0", id: "1", source: "/s", type: "", time: "2026-11-25T10:00:00Z" };
const bought = { ...event, type: Bought.type, data: { id: "o-1", by: "Ada" } };

const keyed = (key: (event: unknown) => unknown) =>
  defineFunction<number>({ name: "points", state, on: [when(Bought, { key: key as () => string }, nothing)] });
const keyOf =
  (fn: ReturnType<typeof keyed>, of: typeof bought = bought) =>
  () =>
    fn.on.get(of.type)?.key?.(of);

describe("a key", () => {
  const points = defineFunction<number>({
    name: "points",
    state,
    on: [when(BoughtV2, { key: ({ data: { customer } }) => customer }, nothing)],
  });

  it("is made of the event", () => {
    const newer = { ...event, type: BoughtV2.type, data: { id: "o-1", customer: "ada" } };
    expect(points.on.get(BoughtV2.type)?.key?.(newer)).toBe("ada");
  });

  it("of an older event is made of what it is understood as", () => {
    expect(keyOf(points)()).toBe("ada");
  });

  it("of an older event that an upcast ends is not asked for", () => {
    const nobody = { ...bought, data: { id: "o-1", by: "nobody" } };
    expect(keyOf(points, nobody)).toThrow(new Dead("nobody", "by: must be somebody"));
  });

  it("may differ from clause to clause, and be missing: that is the subject", () => {
    const fn = defineFunction<number>({
      name: "points",
      state,
      on: [when(Bought, { key: ({ data }) => data.by }, nothing), when(Other, {}, nothing)],
    });
    expect([...fn.on.values()].map(({ key }) => key?.(bought))).toEqual(["Ada", undefined]);
  });

  it.each(["a", "é", "a".repeat(255)])("has 1 to 255 characters: %s", (key) => {
    expect(keyOf(keyed(() => key))()).toBe(key);
  });

  it.each([
    ["is empty", ""],
    ["has more", "a".repeat(256)],
    ["is a number", 7],
    ["is nothing", undefined],
    ["comes later", Promise.resolve("a")],
  ])("that %s is code's fault, and the value is not repeated", (_what, key) => {
    const fault = new Error("key of bought.v1: must be a text of 1 to 255 characters");
    expect(keyOf(keyed(() => key))).toThrow(fault);
  });

  it("that throws is code's fault, whatever it throws: whoever mends it must find the event", () => {
    const thrown = keyOf(
      keyed(() => {
        throw new Dead("never", "no customer");
      }),
    );
    expect(thrown).toThrow(new Error("key of bought.v1: no customer"));
    expect(thrown).not.toThrow(Dead);
  });
});

const Other = defineEvent({ type: "other.v1", topic: "buys", data: v.object({ id: v.string() }), subject });

it.each<[string, object]>([
  ["keeps nothing", {}],
  ["keeps a state that has no schema, and so no version to rise with the key", { keeps: "state" }],
])("ends at start in a function that %s", (_what, options) => {
  const on = [when(Bought, { key: ({ data }) => data.by }, nothing)];
  expect(() => defineFunction({ name: "points", on, ...options })).toThrow(
    new TypeError("points: key of bought.v1: wants a state with a schema"),
  );
});

it("is held by the compiler to the data of its event, and to be a text", () => {
  const slips = [
    // @ts-expect-error no such member
    () => when(Bought, { key: ({ data }) => data.customer }, nothing),
    // @ts-expect-error a number
    () => when(Bought, { key: ({ data }) => data.by.length }, nothing),
    // @ts-expect-error no handler
    () => when(Bought, { key: ({ data }) => data.by }),
  ];
  expect(slips).toHaveLength(3);
});
