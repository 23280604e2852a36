import type { StandardSchemaV1 } from "@standard-schema/spec";
import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { OrderPaid } from "../events/index.ts";
import { defineFunction, when } from "./define.ts";
import { Dead } from "./outcome.ts";

const schema = v.object({
  total: v.number(),
  note: v.optional(v.string(), "none"),
  lines: v.optional(v.array(v.object({ sku: v.string() })), []),
});
type Basket = v.InferOutput<typeof schema>;

/** What becomes of a state in a store, where dates are strings and no number is infinite. */
const stored = (state: unknown): unknown =>
  JSON.parse(JSON.stringify(state, (_key, value) => (typeof value === "bigint" ? Number(value) : value)) ?? "null");
const upgrade = (state: unknown, from: number): Basket => {
  if (from !== 1) throw new RangeError(`no way from ${from}`);
  return { total: (state as { sum: number }).sum } as Basket;
};

const basket = defineFunction<Basket>({
  name: "basket",
  state: schema,
  version: 3,
  upgrade,
  on: [when(OrderPaid, (_event, state) => ({ state: { total: 0, lines: [], ...state, note: "paid" } }))],
}).state;

const thrownBy = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

describe("a state that is read", () => {
  it.each([
    ["of this version is parsed as data is, defaults included", { total: 1 }, 3, 1],
    ["of an older version is upgraded first", { sum: 2 }, 1, 2],
  ])("%s", (_what, stored, from, total) => {
    expect(basket.read(stored, from)).toEqual({ total, note: "none", lines: [] });
  });

  it.each([
    [
      "of a newer version is left to a newer process",
      { total: 1 },
      4,
      "basket: state of version 4 is left to a process that knows more than 3",
    ],
    [
      "that breaks the schema is no event's fault",
      { total: "1" },
      3,
      "basket: state of version 3 as 3: state.total of basket: must be number",
    ],
    [
      "that breaks it after its upgrade neither",
      {},
      1,
      "basket: state of version 1 as 3: state.total of basket: is required",
    ],
    ["that has no upgrade neither", {}, 2, "basket: state of version 2 as 3: no way from 2"],
  ])("%s: an error that comes again", (_what, stored, from, message) => {
    const error = thrownBy(() => basket.read(stored, from));
    expect(error).toEqual(new Error(message));
    expect(error).not.toBeInstanceOf(Dead);
  });

  it("comes again even where the upgrade gives it up: only the subject's next event would find it", () => {
    const { state } = defineFunction<Basket>({
      name: "b",
      state: schema,
      version: 2,
      upgrade: () => {
        throw new Dead("never", "not this one");
      },
      on: [],
    });
    expect(thrownBy(() => state.read({}, 1))).not.toBeInstanceOf(Dead);
  });
});

describe("a state that is to be saved", () => {
  it("is taken, whatever more it has", () => {
    expect(() => basket.check?.({ total: 1, note: "", lines: [{ sku: "a" }], more: 1 })).not.toThrow();
  });

  it.each([
    ["breaks the schema", { total: 1, lines: [{ sku: 1 }] }, "state.lines.0.sku of basket: must be string"],
    ["has a number that JSON does not know", { total: Number.NaN }, "state.total of basket: must be number"],
    ["has a date, which comes back as text", { total: new Date(0) }, "state.total of basket: must be number"],
  ])("is refused where it %s: its subject could never be read again", (_fault, state, message) => {
    expect(thrownBy(() => basket.check?.(stored(state)))).toEqual(new Dead("schema", message));
  });

  it("can be read again if it is taken, whatever a schema allows", () => {
    const kept = v.object({
      kept: v.union([v.date(), v.number(), v.string(), v.array(v.unknown()), v.map(v.any(), v.any())]),
    });
    const { state } = defineFunction<v.InferOutput<typeof kept>>({ name: "b", state: kept, on: [] });
    const any = fc.anything({ withDate: true, withMap: true, withSet: true, withBigInt: true, withSparseArray: true });
    fc.assert(
      fc.property(fc.oneof(any, fc.record({ kept: any })), (given) => {
        fc.pre(thrownBy(() => state.check?.(stored(given))) === undefined);
        expect(thrownBy(() => state.read(stored(given), 1))).not.toBeInstanceOf(Error);
      }),
    );
  });

  it("is refused where the schema does not take what it made itself", () => {
    const toNumber = v.object({ total: v.pipe(v.string(), v.transform(Number)) });
    const { state } = defineFunction<{ total: number }>({ name: "b", state: toNumber, on: [] });
    const read = state.read({ total: "1" }, 1);
    expect(thrownBy(() => state.check?.(read))).toEqual(new Dead("schema", "state.total of b: must be string"));
  });
});

describe("what a function says about its state", () => {
  it.each([
    ["keeps it where there is a schema of it", defineFunction<Basket>({ name: "b", state: schema, on: [] }), "state"],
    ["keeps nothing without one", defineFunction({ name: "b", on: [] }), "nothing"],
    ["may keep one unchecked", defineFunction<Basket>({ name: "b", keeps: "state", on: [] }), "state"],
  ])("%s", (_what, fn, keeps) => {
    expect(fn.keeps).toBe(keeps);
  });

  it("is of the first version and anything where there is no schema, and leaves newer ones alone all the same", () => {
    const { state } = defineFunction<Basket>({ name: "b", keeps: "state", on: [] });
    state.check?.(Number.NaN);
    expect([state.version, state.read("anything", 1)]).toEqual([1, "anything"]);
    expect(() => state.read("anything", 2)).toThrow(
      "b: state of version 2 is left to a process that knows more than 1",
    );
  });

  it.each([0, 1.5, Number.NaN, -1])("ends at start where its version is %s", (version) => {
    const define = () => defineFunction<Basket>({ name: "b", state: schema, version, upgrade, on: [] });
    expect(define).toThrow(new TypeError("b: version must be an integer from 1"));
  });

  it("is held by the compiler to belong together", () => {
    const other: StandardSchemaV1<unknown, { total: string }> = v.object({ total: v.string() });
    const slips = [
      // @ts-expect-error a schema of another state than its handlers get
      defineFunction<Basket>({ name: "b", state: other, on: [] }),
      // @ts-expect-error what was stored before could not be read
      defineFunction<Basket>({ name: "b", state: schema, version: 2, on: [] }),
      // @ts-expect-error what is upgraded would not be checked
      defineFunction<Basket>({ name: "b", keeps: "state", version: 2, upgrade, on: [] }),
      // @ts-expect-error what is described would not be kept
      defineFunction<Basket>({ name: "b", state: schema, keeps: "nothing", on: [] }),
    ];
    expect(slips.map(({ state }) => state.version)).toEqual([1, 2, 2, 1]);
  });
});

describe("a state that is kept for a while", () => {
  const on = [when(OrderPaid, () => ({}))];
  it.each([32, 365, 32.5])("%d days after its last event", (days) => {
    expect(defineFunction({ name: "a", keeps: "state", keep: { days }, on }).state.keepMs).toBe(days * 86_400_000);
  });

  it("for ever where nothing is said", () => {
    expect(defineFunction({ name: "a", keeps: "state", on }).state.keepMs).toBeUndefined();
  });

  it.each([31, 0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
    "is refused for %d days: its events may come again for 32",
    (days) => {
      expect(() => defineFunction({ name: "a", keeps: "state", keep: { days }, on })).toThrow(
        new TypeError("a: keep.days must be 32 to 36500"),
      );
    },
  );
});
