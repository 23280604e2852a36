import * as v from "valibot";
import { describe, expect, it } from "vitest";
import "../../../functions/events/schema.ts";
import { defineFunction, when } from "../../../functions/kernel/define.ts";
import { Heard, heard } from "./test-function.ts";
import { createWorld } from "./test-world.ts";

interface CountV1 {
  readonly count: number;
}

interface CountV2 {
  readonly counted: number;
  readonly by: string;
}

/** What each run of a handler was given. */
const given: unknown[] = [];

const counting = [
  when(Heard, (_event, state: CountV1 | undefined) => {
    given.push(state);
    return { state: { count: (state?.count ?? 0) + 1 } };
  }),
];
const undescribed = () => defineFunction<CountV1>({ name: "fn", keeps: "state", on: counting });
const first = () => defineFunction<CountV1>({ name: "fn", state: v.object({ count: v.number() }), on: counting });

const described = {
  name: "fn",
  state: v.object({ counted: v.number(), by: v.optional(v.string(), "nobody") }),
  version: 2,
  upgrade: (state: unknown) => ({ counted: (state as CountV1).count, by: "upgrade" }),
};
const secondBy = (step: number) =>
  defineFunction<CountV2>({
    ...described,
    on: [
      when(Heard, (_event, state) => {
        given.push(state);
        return { state: { counted: (state?.counted ?? 0) + step, by: state?.by ?? "second" } };
      }),
    ],
  });
const second = () => secondBy(1);
const silent = () => defineFunction<CountV2>({ ...described, on: [when(Heard, () => ({}))] });

const eventOf = (id: string) => ({ ...heard, id });

describe("a function whose state has changed its shape", () => {
  it.each([
    ["was not described", undescribed],
    ["was described", first],
  ])("gets what an older process kept upgraded, where that state %s", async (_how, old) => {
    given.length = 0;
    const world = createWorld();
    await world.deliver(old, eventOf("1"));
    expect(await world.deliver(second, eventOf("2"))).toMatchObject({ how: "handled" });
    expect(await world.deliver(second, eventOf("3"))).toMatchObject({ how: "handled" });
    expect(given).toEqual([undefined, { counted: 1, by: "upgrade" }, { counted: 2, by: "upgrade" }]);
  });

  it.each([
    ["not described", undescribed],
    ["described", first],
  ])("leaves an older process, whose state is %s, waiting, and nothing is lost or overwritten", async (_how, old) => {
    given.length = 0;
    const world = createWorld();
    await world.deliver(second, eventOf("1"));
    expect(await world.deliver(old, eventOf("2"))).toMatchObject({
      kind: "retry",
      reason: expect.stringContaining("state: must be of version 1 at most, got 2"),
    });
    expect(world.letters).toEqual([]);
    expect(await world.deliver(second, eventOf("2"))).toMatchObject({ how: "handled" });
    expect(given).toEqual([undefined, { counted: 1, by: "second" }]);
  });

  it("still tells an older process that its event was handled: it need not read the state for that", async () => {
    const world = createWorld();
    await world.deliver(second, eventOf("1"));
    expect(await world.deliver(first, eventOf("1"))).toMatchObject({ kind: "ack", how: "duplicate" });
  });

  it("leaves what was stored as it was where its handler says nothing about it, so that a way back is open", async () => {
    given.length = 0;
    const world = createWorld();
    await world.deliver(first, eventOf("1"));
    await world.deliver(silent, eventOf("2"));
    expect(await world.deliver(first, eventOf("3"))).toMatchObject({ how: "handled" });
    expect(given).toEqual([undefined, { count: 1 }]);
  });

  it("buries an event whose handler would keep what cannot be read again, and keeps what it had", async () => {
    given.length = 0;
    const world = createWorld();
    await world.deliver(second, eventOf("1"));
    expect(await world.deliver(() => secondBy(Number.NaN), eventOf("2"))).toEqual({
      kind: "dead",
      code: "schema",
      reason: "state.counted of fn: must be number",
    });
    await world.deliver(second, eventOf("3"));
    expect(given.at(-1)).toEqual({ counted: 1, by: "second" });
  });
});
