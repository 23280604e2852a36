import * as v from "valibot";
import { describe, expect, it } from "vitest";
import "./events/index.ts";
import { system } from "./index.ts";
import { defineEvent, defineFunction, when } from "./kernel/define.ts";
import { renewStateKeys } from "./kernel/state-keys.ts";
import committed from "./state-keys.json" with { type: "json" };

it("states belong to what state-keys.json says: npm run keys renews it", () => {
  expect(
    renewStateKeys(
      committed,
      system.functions.map(({ definition }) => definition),
    ),
  ).toEqual(committed);
});

const sample = { order: "o-1", by: "ada" };
const data = v.object({ order: v.string(), by: v.string() });
const Bought = Object.assign(defineEvent({ type: "bought.v1", topic: "buys", data, subject: ({ order }) => order }), {
  sample,
});
type Bought = v.InferOutput<typeof data>;

interface Options {
  readonly version?: number;
  readonly key?: (data: Bought) => string;
  readonly event?: typeof Bought;
}

const pointsOf = ({ version = 1, key, event = Bought }: Options = {}) =>
  defineFunction<number>({
    name: "points",
    state: v.number(),
    version,
    upgrade: () => 0,
    on: [when(event, key ? { key: ({ data }) => key(data) } : {}, () => ({}))],
  });

const byOrder = { points: { version: 1, keys: { "bought.v1": { key: "o-1", of: sample } } } };
const byCustomer = { points: { version: 2, keys: { "bought.v1": { key: "ada", of: sample } } } };
const FAULT = new Error("points: what its state belongs to has changed for bought.v1: raise its version, 1");

describe("what states belong to", () => {
  it("is shown for each event type of a function that keeps one", () => {
    const reads = defineFunction({ name: "reads", on: [when(Bought, () => ({}))] });
    expect(renewStateKeys({}, [pointsOf(), reads])).toEqual(byOrder);
  });

  it("may change with the version of the state", () => {
    expect(renewStateKeys(byOrder, [pointsOf({ version: 2, key: ({ by }) => by })])).toEqual(byCustomer);
  });

  it.each<[string, Options]>([
    ["with a key that is new", { key: ({ by }) => by }],
    ["with a key that has changed, were it a little", { key: ({ order }) => ` ${order}` }],
    ["with the subject of the event", { event: Object.assign({ ...Bought, subjectOf: ({ by }: Bought) => by }) }],
  ])("may not change without it: %s", (_how, options) => {
    expect(() => renewStateKeys(byOrder, [pointsOf(options)])).toThrow(FAULT);
  });

  it("is the same with a key that makes the subject", () => {
    expect(renewStateKeys(byOrder, [pointsOf({ key: ({ order }) => order })])).toEqual(byOrder);
  });

  it("does not change with a sample, and does where both change", () => {
    const other = { order: "o-2", by: "bob" };
    const event = Object.assign({ ...Bought }, { sample: other }) as typeof Bought;
    expect(renewStateKeys(byOrder, [pointsOf({ event })])).toEqual({
      points: { version: 1, keys: { "bought.v1": { key: "o-2", of: other } } },
    });
    expect(() => renewStateKeys(byOrder, [pointsOf({ event, key: ({ by }) => by })])).toThrow(FAULT);
  });

  it("is not known of data that the schema does not take any more, nor of clauses and functions that are gone", () => {
    const old = { order: 7 };
    const before = {
      points: { version: 1, keys: { "bought.v1": { key: "7", of: old }, "gone.v1": { key: "1", of: {} } } },
      gone: { version: 1, keys: {} },
    };
    expect(renewStateKeys(before, [pointsOf()])).toEqual(byOrder);
  });

  it("cannot be shown without a sample", () => {
    const { sample: _, ...bare } = { ...Bought };
    const fn = pointsOf({ event: bare as typeof Bought });
    expect(() => renewStateKeys({}, [fn])).toThrow(new TypeError("bought.v1: has no sample"));
  });
});
