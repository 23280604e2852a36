import { describe, expect, it } from "vitest";
import { First, functionOf, type Handle, heard } from "./test-function.ts";
import { createWorld } from "./test-world.ts";

const cycle = () => {
  const state: Record<string, unknown> = { deep: { er: {} } };
  (state.deep as Record<string, unknown>).er = { back: state };
  return state;
};
const say =
  (data: object): Handle =>
  () => ({ emit: [{ ...First({ about: "s" }), data }] });
const keep =
  (state: unknown): Handle =>
  () => ({ state });

describe("what cannot be written is dead at its first delivery, before anything is written", () => {
  it.each<[what: string, handle: Handle, code: string, reason: string | RegExp]>([
    [
      "state that holds itself",
      keep(cycle()),
      "unserialisable",
      /^state: must be JSON, got TypeError.* 'deep' .*'er' .*'back' closes the circle$/,
    ],
    ["a state that is a function", keep(() => 1), "unserialisable", "state: must be JSON, got a function"],
    ["an event whose data breaks its schema", say({ about: 7 }), "schema", "emits data.about of first.v1: "],
    ["an event about nothing", () => ({ emit: [First({ about: "" })] }), "schema", "emits first.v1: subject: must be"],
    [
      "an event whose data holds itself",
      say({ about: "s", cycle: cycle() }),
      "unserialisable",
      /^emits first.v1: data: must be JSON.* 'back' closes the circle$/,
    ],
    ["more than an event may have", say({ about: "x".repeat(300_000) }), "size", "event for one: must have at most"],
  ])("%s", async (_what, handle, code, reason) => {
    const world = createWorld();
    const outcome = await world.deliver(() => functionOf(handle, { keeps: "state" }), heard);
    expect(outcome).toEqual({ kind: "dead", code, reason: expect.stringMatching(reason) });
    expect(world.steps).toEqual(["load", "dead-letter"]);
  });

  it("more than the store takes, state and what is said together", async () => {
    const world = createWorld();
    const ledger = { ...world.ledger, maxBytes: 10_000 };
    const fits = functionOf(keep("x".repeat(9_000)), { keeps: "state" });
    const large = functionOf(keep("x".repeat(11_000)), { keeps: "state" });
    expect(await world.deliver(() => fits, heard, { ports: { ledger } })).toMatchObject({ how: "handled" });
    expect(await world.deliver(() => large, { ...heard, id: "e-2" }, { ports: { ledger } })).toMatchObject({
      kind: "dead",
      code: "too-large",
    });
  });

  it("but not where others made room in the outbox: that is moved", async () => {
    const world = createWorld();
    const ledger = { ...world.ledger, maxBytes: 10_000 };
    const says = functionOf(say({ about: "x".repeat(3_000) }), { keeps: "state" });
    for (let n = 0; n < 8; n++)
      expect(await world.deliver(() => says, { ...heard, id: `${n}` }, { ports: { ledger } })).toMatchObject({
        how: "handled",
      });
    expect(await world.deliver(() => says, { ...heard, id: "0" }, { ports: { ledger } })).toMatchObject({
      how: "duplicate",
    });
  });
});

it.each([
  ["alone", 12345678901234567890n],
  ["within", { account: 12345678901234567890n, small: 1, text: "12345678901234567890" }],
])("a state with integers that no double holds comes back exactly: %s", async (_where, state) => {
  const world = createWorld();
  const states: unknown[] = [];
  const create = () =>
    functionOf(
      (_event, known) => {
        states.push(known);
        return { state };
      },
      { keeps: "state" },
    );
  await world.deliver(create, heard);
  await world.deliver(create, { ...heard, id: "e-2" });
  expect(states).toEqual([undefined, state]);
});

it("an event whose time is more than a day ahead is dead: it could come again when it is forgotten", async () => {
  const world = createWorld();
  const deliver = (time: string, id: string) => world.deliver(() => functionOf(() => ({})), { ...heard, id, time });
  expect(await deliver("2026-11-26T09:59:00Z", "1")).toMatchObject({ kind: "ack" });
  expect(await deliver("2026-11-26T10:01:00Z", "2")).toMatchObject({ kind: "dead", code: "too-new" });
});

it("a lease of a clock that is a day ahead holds nobody up", async () => {
  const world = createWorld();
  const { now } = world.ports;
  const never = () => functionOf(() => new Promise(() => {}), { exclusive: true });
  const ahead = { now: () => now() + 24 * 60 * 60 * 1_000, deadlineMs: 5 };
  expect(
    await world.deliver(never, { ...heard, time: undefined as unknown as string }, { ports: ahead }),
  ).toMatchObject({ code: "timeout" });
  const create = () => functionOf(() => ({}), { exclusive: true });
  const again = { ...heard, time: undefined as unknown as string };
  expect(await world.deliver(create, again)).toMatchObject({ kind: "ack", how: "handled" });
});

it("a hundred events at once on one subject, in one process, run a hundred times and are all done", async () => {
  const world = createWorld();
  let runs = 0;
  const create = () =>
    functionOf(
      (_event, state) => {
        runs++;
        return { state: ((state as number) ?? 0) + 1 };
      },
      { keeps: "state" },
    );
  const { dispatch } = await import("./dispatch.ts");
  const events = Array.from({ length: 100 }, (_, n) => ({ ...heard, id: `e-${n}` }));
  const outcomes = await Promise.all(events.map((event) => dispatch(create(), { event }, world.ports)));
  expect([outcomes.every(({ kind }) => kind === "ack"), runs]).toEqual([true, 100]);
});
