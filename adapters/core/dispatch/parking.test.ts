import { describe, expect, it } from "vitest";
import { defineFunction, when } from "../../../functions/kernel/define.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { createParking } from "./parking.ts";
import { createPatience } from "./patience.ts";
import { First, functionOf } from "./test-function.ts";
import { away, HANGS, MS, named, PARKED, saidOf, startParking } from "./test-parking.ts";
import { createWorld } from "./test-world.ts";

describe.each([["state"], ["nothing"]] as const)(
  "an event that keeps failing, of a function that keeps %s",
  (keeps) => {
    it("is taken out of its broker's hands at its second failure, and done once it can be", async () => {
      const { world, deliver, relay, fails, works } = startParking({ keeps });
      fails("a");
      expect(await deliver("a")).toMatchObject({ kind: "retry", code: "handler" });
      expect(await deliver("a")).toEqual(PARKED);
      world.pass(6_000);
      expect(await relay()).toMatchObject({ failed: 1, parked: 1 });
      works("a");
      world.pass(30_000);
      expect(await relay()).toMatchObject({ looked: 1, failed: 0, parked: 0 });
      expect(saidOf(world)).toEqual(["a"]);
      world.pass(30_000);
      expect(await relay()).toMatchObject({ looked: 0 });
      expect(await deliver("a")).toMatchObject({ how: "duplicate" });
    });

    it("is dead once it has spent its time, with its reason, whoever tried", async () => {
      const { world, relay, restart, park } = startParking({ keeps });
      await park("a");
      for (let n = 0; n < 12 && world.letters.length === 0; n++) {
        world.pass(31_000);
        restart();
        await relay();
      }
      expect(world.letters.map(({ body }) => JSON.parse(body))).toMatchObject([
        { id: "a", deadcode: "exhausted", deadtopic: "in", deadreason: expect.stringContaining("not yet") },
      ]);
      world.pass(60_000);
      expect(await relay()).toMatchObject({ looked: 0 });
    });

    it("is dead once it has spent its time where its handler never comes to an end", async () => {
      const { world, deliver, relay, fails, restart } = startParking({ keeps });
      const ports = { deadlineMs: 20 };
      fails("a", HANGS);
      await deliver("a", { ports });
      expect(await deliver("a", { ports })).toEqual(PARKED);
      for (let n = 0; n < 12 && world.letters.length === 0; n++) {
        world.pass(31_000);
        restart();
        await relay({ ports });
      }
      expect(world.letters.map(({ body }) => JSON.parse(body))).toMatchObject([
        { id: "a", deadcode: "exhausted", deadreason: expect.stringContaining("not done after 20 ms") },
      ]);
      world.pass(60_000);
      expect(await relay()).toMatchObject({ looked: 0 });
    });

    it("comes again where it cannot be parked", async () => {
      const { world, deliver, fails } = startParking({ keeps });
      fails("a");
      const ports = { ledger: { ...world.ledger, save: away } };
      await deliver("a", { ports });
      expect(await deliver("a", { ports })).toMatchObject({ kind: "retry", code: "handler" });
    });
  },
);

it("is not parked where no broker brought it", async () => {
  const { world, fails } = startParking();
  const create = () => functionOf(() => Promise.reject(new Error("not yet")), {});
  fails("a");
  const ports = { parking: createParking({ ms: MS }) };
  for (let n = 0; n < 3; n++)
    expect(await world.deliver(create, named("a"), { fromEdge: true, ports })).toMatchObject({ kind: "retry" });
});

it("stays with its broker where a hundred others were parked and none was done: what all of them need is away", async () => {
  const { deliver, relay, fails, works, world } = startParking({ keeps: "nothing" });
  const twice = async (id: string) => {
    fails(id);
    await deliver(id);
    return deliver(id);
  };
  for (let n = 0; n < 100; n++) expect(await twice(`e-${n}`)).toEqual(PARKED);
  expect(await twice("one more")).toMatchObject({ kind: "retry", code: "handler" });
  works("e-7");
  world.pass(31_000);
  await relay();
  expect(await twice("another")).toEqual(PARKED);
});

it("waits for a day for a build that handles it, and is a letter then: no broker has a copy", async () => {
  const { world, deliver, fails, works, relay } = startParking();
  const older = () => defineFunction<unknown>({ name: "fn", on: [when(First, () => ({}))], keeps: "state" });
  const ports = { parking: createParking({ ms: MS }), patience: createPatience({ ms: MS }) };
  for (const id of ["a", "b"]) {
    fails(id);
    await deliver(id, { about: id });
    await deliver(id, { about: id });
  }
  world.pass(31_000);
  expect(await world.relay(older, { ports })).toMatchObject({ looked: 2, failed: 2 });
  works("a");
  world.pass(31_000);
  await relay();
  expect([saidOf(world), world.letters.length]).toEqual([["a"], 0]);
  for (let hours = 0; hours < 26; hours++) {
    world.pass(60 * 60_000);
    await world.relay(older, { ports });
  }
  expect(world.letters.map(({ body }) => JSON.parse(body))).toMatchObject([{ id: "b", deadcode: "unheard" }]);
  world.pass(60_000);
  expect(await relay()).toMatchObject({ looked: 0 });
});

it("spends no time while no relay runs", async () => {
  const { world, relay, park } = startParking();
  await park("a");
  world.pass(24 * 60 * 60_000);
  await relay();
  expect(world.letters).toEqual([]);
  world.pass(24 * 60 * 60_000);
  await relay();
  expect(world.letters).toHaveLength(1);
});

it("is parked anew, and tried, where what is left of it from before its letter still lies there", async () => {
  const { world, deliver, relay, fails, park, works } = startParking({ keeps: "nothing" });
  await park("a");
  world.pass(31_000);
  fails("a", new Dead("hopeless", "never"));
  await relay();
  expect(world.letters).toHaveLength(1);
  fails("a");
  await deliver("a");
  expect(await deliver("a")).toEqual(PARKED);
  works("a");
  world.pass(6_000);
  await relay();
  expect([saidOf(world), world.letters.length]).toEqual([["a"], 1]);
});

it("tells when it is tried again", async () => {
  const told: number[] = [];
  const world = createWorld();
  const create = () => functionOf(() => Promise.reject(new Error("not yet")), {});
  const ports = { parking: createParking({ ms: MS, onParked: (at) => told.push(at) }) };
  for (let n = 0; n < 2; n++) await world.deliver(create, named("a"), { topic: "in", ports });
  expect(told).toEqual([expect.closeTo(world.ports.now() + 1_000, -3)]);
});

it("is not parked at a first failure, nor for what is its ledger's or its broker's", async () => {
  const { deliver } = startParking();
  for (let n = 0; n < 3; n++)
    expect(await deliver("a", { ports: { publish: away } })).toMatchObject({ kind: "retry", code: "publish" });
});

it("is not parked where another has handled it meanwhile, so long ago that it is known by its row", async () => {
  const { world, deliver, relay, fails, works } = startParking();
  fails("a");
  await deliver("a");
  let isFirst = true;
  const load: typeof world.ledger.load = async (key, options) => {
    const held = await world.ledger.load(key, options);
    if (!isFirst) return held;
    isFirst = false;
    works("a");
    for (const id of ["a", ...Array.from({ length: 20 }, (_, nth) => `b-${nth}`)])
      expect(await deliver(id)).toMatchObject({ how: "handled" });
    fails("a");
    return held;
  };
  expect(await deliver("a", { ports: { ledger: { ...world.ledger, load } } })).toMatchObject({ kind: "retry" });
  expect(await deliver("a")).toMatchObject({ how: "duplicate" });
  expect(await deliver("c")).toMatchObject({ how: "handled" });
  expect(await relay()).toMatchObject({ parked: 0 });
});

it("is not parked while another is at work on its document: what that has done would be done again", async () => {
  const { world, deliver, relay, fails, works, waits } = startParking({ exclusive: true });
  fails("a");
  await deliver("a");
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { promise: ends, resolve: end } = Promise.withResolvers<void>();
  let begins = 0;
  waits("b", () => {
    begins++;
    begin();
    return ends;
  });
  let other: ReturnType<typeof deliver> | undefined;
  const failed = createPatience({ ms: MS });
  const load: typeof world.ledger.load = async (key, options) => {
    // Between the end of its lease and its parking.
    if (other) await begun;
    return world.ledger.load(key, options);
  };
  const outcome = await deliver("a", {
    ports: {
      ledger: { ...world.ledger, load },
      patience: {
        ...failed,
        failed(...failure) {
          other ??= deliver("b");
          return failed.failed(...failure);
        },
      },
    },
  });
  end();
  expect(await other).toMatchObject({ how: "handled" });
  expect([outcome, begins]).toMatchObject([{ kind: "retry", code: "handler" }, 1]);
  expect(await deliver("a")).toEqual(PARKED);
  works("a");
  world.pass(6_000);
  await relay();
  expect(saidOf(world)).toEqual(["b", "a"]);
});

it("is parked while its own lease lasts: its handler never came to its end", async () => {
  const { world, deliver, fails } = startParking({ exclusive: true });
  const ports = { deadlineMs: 20 };
  fails("a", HANGS);
  expect(await deliver("a", { ports })).toMatchObject({ kind: "retry", code: "timeout" });
  world.pass(61_000);
  expect(await deliver("a", { ports })).toEqual(PARKED);
});

describe("in a process that parks nothing (PARKING=off), what others have parked", () => {
  const off = () => ({ parking: createParking({ ms: MS, isOn: false }), patience: createPatience({ ms: MS }) });

  it("has the time that it would have had, and its turn", async () => {
    const { world, deliver, relay, works, park } = startParking();
    await park("a");
    await deliver("b");
    for (let n = 0; n < 3; n++) {
      world.pass(6_000);
      await relay({ ports: off() });
    }
    expect([world.letters.length, saidOf(world)]).toEqual([0, []]);
    works("a");
    world.pass(31_000);
    await relay({ ports: off() });
    expect(saidOf(world)).toEqual(["a", "b"]);
  });

  it("is passed by what its broker brings, and waits for none of that", async () => {
    const { world, deliver, relay, fails, works, park } = startParking();
    await park("a");
    await deliver("b");
    fails("c");
    const ports = off();
    for (let n = 0; n < 3; n++) expect(await deliver("c", { ports })).toMatchObject({ kind: "retry", code: "handler" });
    works("c");
    expect(await deliver("c", { ports })).toMatchObject({ how: "handled" });
    works("a");
    expect(await deliver("a", { ports })).toMatchObject({ how: "handled" });
    expect(await deliver("b")).toMatchObject({ how: "handled" });
    world.pass(31_000);
    await relay();
    expect([...new Set(saidOf(world))]).toEqual(["c", "a", "b"]);
  });
});

describe.each(Array.from({ length: 14 }, (_, at) => at + 1))("a process that dies at step %i", (dieAt) => {
  it("of parking leaves the event to its broker, or parked", async () => {
    const { world, deliver, relay, fails, works } = startParking();
    fails("a");
    await deliver("a");
    const outcome = await deliver("a", { dieAt });
    works("a");
    if (outcome === "died") await deliver("a");
    for (let n = 0; n < 4; n++) {
      world.pass(31_000);
      await relay();
    }
    expect(new Set(saidOf(world))).toEqual(new Set(["a"]));
    expect(await deliver("b")).toMatchObject({ how: "handled" });
  });

  it("of trying again leaves it to the next", async () => {
    const { world, deliver, relay, works, park } = startParking();
    await park("a");
    await deliver("b");
    works("a");
    world.pass(31_000);
    await relay({ dieAt });
    for (let n = 0; n < 6; n++) {
      world.pass(61_000);
      await relay();
    }
    expect([...new Set(saidOf(world))]).toEqual(["a", "b"]);
    expect(await deliver("c")).toMatchObject({ how: "handled" });
  });
});
