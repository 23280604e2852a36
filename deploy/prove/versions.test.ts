import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { defineEvent, defineFunction, type EventType, when } from "../../functions/kernel/define.ts";
import { type SystemFunction, toFunction } from "../../functions/kernel/system.ts";
import { proveFunction } from "./prove.ts";
import { deskOf, good, type React } from "./test-desk.ts";
import { MUTANTS } from "./test-mutants.ts";

const Asked = defineEvent({
  type: "org.library.room.asked.v1",
  topic: "rooms",
  data: v.object({ room: v.string() }),
  subject: ({ room }) => room,
});
const upcastBy = (to: (old: { room: string }) => { room: string; seats: number }) =>
  toFunction(
    defineFunction({
      name: "rooms",
      keeps: "state",
      on: [
        when(
          defineEvent({
            type: "org.library.room.asked.v2",
            topic: "rooms",
            data: v.object({ room: v.string(), seats: v.number() }),
            subject: ({ room }) => room,
            upcast: { from: Asked, to },
          }),
          ({ data }) => ({ state: data }),
        ),
      ],
    }),
  );
const rooms = new Map<EventType, object>([[Asked, { room: "r-1" }]]);

describe("an event of an older version", () => {
  const namesOf = async (to: Parameters<typeof upcastBy>[0]) =>
    (await proveFunction(upcastBy(to), { samples: rooms, runs: 5 })).findings.map(({ name, detail }) => [name, detail]);
  const unsampled = ["unproven", "org.library.room.asked.v2: there is no valid sample of it"];

  it("is handled as the new one, and types without a sample are named", async () => {
    expect(await namesOf(({ room }) => ({ room, seats: 1 }))).toEqual([unsampled]);
  });

  it("is found where its upcast does something else each time", async () => {
    let seats = 0;
    expect(await namesOf(({ room }) => ({ room, seats: ++seats }))).toEqual([
      ["outside", expect.stringContaining("seats")],
      unsampled,
    ]);
  });

  it("is found where it cannot be understood", async () => {
    const names = await namesOf(() => {
      throw new Error("what is a seat?");
    });
    expect(names).toEqual(
      expect.arrayContaining([
        ["upcast", "what is a seat?"],
        ["stuck", "e1 ends as retry handler"],
      ]),
    );
  });
});

it("takes the loss of an effect in another order for a note, where somebody sees to the order", async () => {
  const { create } = MUTANTS.find(({ finds }) => finds === "order-loses-effect") as (typeof MUTANTS)[number];
  const { findings } = await proveFunction(deskOf(create), { runs: 5, isOrdered: true });
  expect(findings.map(({ name, level }) => [name, level])).toEqual([["order", "note"]]);
});

it("says the same of the same seed", async () => {
  const proof = () =>
    proveFunction(
      deskOf(() => good),
      { seed: 7, runs: 30 },
    );
  expect(await proof()).toEqual(await proof());
});

it("ends with a handler that never comes to its end", async () => {
  const never = deskOf(() => () => new Promise(() => {}));
  const { findings } = await proveFunction(never, { deadlineMs: 20 });
  expect(findings).toMatchObject([{ name: "stuck", history: [expect.stringContaining("retry timeout")] }]);
});

describe("beside the build before", () => {
  const findings = async (older: SystemFunction<never>) =>
    (
      await proveFunction(
        deskOf(() => good),
        { older, runs: 5 },
      )
    ).findings;

  it("finds nothing where both do the same", async () => {
    expect(await findings(deskOf(() => good))).toEqual([]);
  });

  it.each<{ slip: string; react: React; detail: string; within: number }>([
    {
      slip: "asked for the same under another key",
      react: (given) => good({ ...given, hold: (request) => given.hold({ ...request, key: `hold/${given.loan}` }) }),
      detail: "hold: 2 in place of 1: does hold hold/loan-1",
      within: 3,
    },
    {
      slip: "kept the same elsewhere",
      react: async (given) => {
        const { state, ...rest } = await good(given);
        return { ...rest, state: { facts: state } };
      },
      detail: "hold: 0 in place of 1: never does hold loan-1",
      within: 2,
    },
  ])("finds one that $slip", async ({ react, detail, within }) => {
    const { history = [], ...found } =
      (await findings(deskOf(() => react))).find(({ name }) => name === "version") ?? {};
    expect(found).toMatchObject({ level: "fault", detail: expect.stringContaining(detail) });
    expect(history.length, history.join("\n")).toBeLessThanOrEqual(within);
  });
});
