import { describe, expect, it } from "vitest";
import { defineFunction, type Handler, when } from "../../functions/kernel/define.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { subjectDocumentKey } from "./ids.ts";
import { createParking } from "./parking.ts";
import { createPatience } from "./patience.ts";
import type { Ports } from "./ports.ts";
import { DAY_MS, HOUR_MS, toRetention } from "./retention.ts";
import { First, functionOf, Heard } from "./test-function.ts";
import { createWorld, toEvent, type World } from "./test-world.ts";

type Handle = Handler<{ readonly heard: readonly string[] }, { readonly about: string }>;
const MS = 90_000;
const HANGS = new Error("never comes to its end");
const away = () => Promise.reject(new Error("away"));
const named = (id: string, about = "s") => toEvent(Heard({ about }), { id });
const saidOf = (world: World) => world.said.map(({ body }) => JSON.parse(body).causationid);

/** A function that fails for some events as long as it is told to, in a process with parking. */
function start({ keeps = "state" as "state" | "nothing", exclusive = false } = {}) {
  const world = createWorld();
  const failing = new Map<string, Error>();
  const waiting = new Map<string, () => Promise<void>>();
  const handle: Handle = async ({ id, data }, state) => {
    await waiting.get(id)?.();
    const error = failing.get(id);
    if (error === HANGS) await new Promise(() => {});
    if (error) throw error;
    return { ...(keeps === "state" ? { state: { heard: [...(state?.heard ?? []), id] } } : {}), emit: [First(data)] };
  };
  const create = () => functionOf(handle as never, { keeps, exclusive });
  const portsOf = (): Partial<Ports> => ({
    isRelayed: true,
    parking: createParking({ ms: MS }),
    patience: createPatience({ ms: MS }),
  });
  let ports = portsOf();
  return {
    world,
    fails: (id: string, error: Error | undefined = new Error("not yet")) => void failing.set(id, error),
    works: (id: string) => void failing.delete(id),
    waits: (id: string, until: () => Promise<void>) => void waiting.set(id, until),
    restart() {
      ports = portsOf();
    },
    deliver: (id: string, more: { about?: string; time?: string; dieAt?: number; ports?: Partial<Ports> } = {}) =>
      world.deliver(
        create,
        { ...named(id, more.about), ...(more.time === undefined ? {} : { time: more.time }) },
        {
          topic: "in",
          ...(more.dieAt === undefined ? {} : { dieAt: more.dieAt }),
          ports: { ...ports, ...more.ports },
        },
      ),
    relay: (more: { dieAt?: number; ports?: Partial<Ports> } = {}) =>
      world.relay(create, {
        ...(more.dieAt === undefined ? {} : { dieAt: more.dieAt }),
        ports: { ...ports, ...more.ports },
      }),
  };
}

const PARKED = { kind: "ack", how: "parked" };

describe.each([["state"], ["nothing"]] as const)(
  "an event that keeps failing, of a function that keeps %s",
  (keeps) => {
    it("is taken out of its broker's hands at its second failure, and done once it can be", async () => {
      const { world, deliver, relay, fails, works } = start({ keeps });
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
      const { world, deliver, relay, fails, restart } = start({ keeps });
      fails("a");
      await deliver("a");
      await deliver("a");
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
      const { world, deliver, relay, fails, restart } = start({ keeps });
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
      const { world, deliver, fails } = start({ keeps });
      fails("a");
      const ports = { ledger: { ...world.ledger, save: away } };
      await deliver("a", { ports });
      expect(await deliver("a", { ports })).toMatchObject({ kind: "retry", code: "handler" });
    });
  },
);

it("is not parked where no broker brought it", async () => {
  const { world, fails } = start();
  const create = () => functionOf(() => Promise.reject(new Error("not yet")), {});
  fails("a");
  const ports = { parking: createParking({ ms: MS }) };
  for (let n = 0; n < 3; n++)
    expect(await world.deliver(create, named("a"), { fromEdge: true, ports })).toMatchObject({ kind: "retry" });
});

it("stays with its broker where a hundred others were parked and none was done: what all of them need is away", async () => {
  const { deliver, relay, fails, works, world } = start({ keeps: "nothing" });
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
  const { world, deliver, fails, works, relay } = start();
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
  const { world, deliver, relay, fails } = start();
  fails("a");
  await deliver("a");
  await deliver("a");
  world.pass(24 * 60 * 60_000);
  await relay();
  expect(world.letters).toEqual([]);
  world.pass(24 * 60 * 60_000);
  await relay();
  expect(world.letters).toHaveLength(1);
});

it("stays with its broker where what is left of it, from before its letter, still lies there", async () => {
  const { world, deliver, relay, fails } = start({ keeps: "nothing" });
  fails("a");
  await deliver("a");
  await deliver("a");
  world.pass(31_000);
  fails("a", new Dead("hopeless", "never"));
  await relay();
  expect(world.letters).toHaveLength(1);
  fails("a");
  await deliver("a");
  expect(await deliver("a")).toMatchObject({ kind: "retry", code: "handler" });
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
  const { deliver } = start();
  for (let n = 0; n < 3; n++)
    expect(await deliver("a", { ports: { publish: away } })).toMatchObject({ kind: "retry", code: "publish" });
});

it("is not parked where another has handled it meanwhile, so long ago that it is known by its row", async () => {
  const { world, deliver, relay, fails, works } = start();
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
  const { world, deliver, relay, fails, works, waits } = start({ exclusive: true });
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
  const { world, deliver, fails } = start({ exclusive: true });
  const ports = { deadlineMs: 20 };
  fails("a", HANGS);
  expect(await deliver("a", { ports })).toMatchObject({ kind: "retry", code: "timeout" });
  world.pass(61_000);
  expect(await deliver("a", { ports })).toEqual(PARKED);
});

describe("what comes later of a document with a parked event", () => {
  it("has its turn as soon as that has had it", async () => {
    const { world, deliver, relay, fails, works } = start();
    fails("a");
    await deliver("a");
    await deliver("a");
    for (const id of ["b", "c", "d"]) await deliver(id);
    world.pass(31_000);
    await relay();
    works("a");
    world.pass(5_000);
    expect(await relay()).toMatchObject({ failed: 0 });
    expect(saidOf(world)).toEqual(["a", "b", "c", "d"]);
  });

  it("waits behind it, and is done in its order", async () => {
    const { world, deliver, relay, fails, works } = start();
    fails("a");
    await deliver("a");
    await deliver("a");
    expect(await deliver("b")).toEqual(PARKED);
    expect(await deliver("c")).toEqual(PARKED);
    expect(await deliver("other", { about: "o" })).toMatchObject({ how: "handled" });
    works("a");
    for (let n = 0; n < 6; n++) {
      world.pass(31_000);
      await relay();
    }
    expect(saidOf(world)).toEqual(["other", "a", "b", "c"]);
    expect(await deliver("d")).toMatchObject({ how: "handled" });
  });

  it("has as many attempts as any, and as much time: waiting was no failure of its own", async () => {
    const { world, deliver, relay, fails, works } = start();
    fails("a");
    await deliver("a");
    await deliver("a");
    await deliver("b");
    works("a");
    fails("b");
    for (let n = 0; n < 2; n++) {
      world.pass(60_000);
      await relay();
      expect(world.letters).toEqual([]);
    }
    world.pass(60_000);
    await relay();
    expect(world.letters.map(({ body }) => JSON.parse(body))).toMatchObject([
      { id: "b", deadcode: "exhausted", deadreason: expect.stringContaining("failed 3 times in 90 s") },
    ]);
  });

  it("has its turn when that is dead", async () => {
    const { world, deliver, relay, fails } = start();
    fails("a");
    await deliver("a");
    await deliver("a");
    await deliver("b");
    fails("a", new Dead("hopeless", "never"));
    for (let n = 0; n < 6; n++) {
      world.pass(31_000);
      await relay();
    }
    expect([world.letters.length, saidOf(world)]).toEqual([1, ["b"]]);
    expect(await deliver("c")).toMatchObject({ how: "handled" });
  });

  it("has its turn at once when that is dead before it is handled, as what is too old", async () => {
    const { world, deliver, relay, fails } = start();
    const ports = { retention: toRetention(1, 1) };
    fails("a");
    await deliver("a", { ports });
    await deliver("a", { ports });
    world.pass(DAY_MS - HOUR_MS);
    expect(await deliver("b", { time: "2026-11-26T09:00:00Z", ports })).toEqual(PARKED);
    world.pass(HOUR_MS);
    await relay({ ports });
    expect(world.letters.map(({ body }) => JSON.parse(body).deadcode)).toEqual(["too-old"]);
    expect(saidOf(world)).toEqual(["b"]);
    expect(await deliver("c", { time: "2026-11-26T09:00:00Z", ports })).toMatchObject({ how: "handled" });
  });

  it("has its turn at once when another build has handled that, and does not know of turns", async () => {
    const { world, deliver, relay, fails, works } = start();
    fails("a");
    await deliver("a");
    await deliver("a");
    expect(await deliver("b")).toEqual(PARKED);
    works("a");
    const key = subjectDocumentKey(
      functionOf(() => ({})),
      "s",
    );
    const { entry } = await world.ledger.load(key);
    expect(await deliver("a")).toMatchObject({ how: "handled" });
    const { entry: handled, version } = await world.ledger.load(key);
    await world.ledger.save(key, { ...handled, behind: entry?.behind }, { expected: version });
    world.pass(5_000);
    await relay();
    expect([...new Set(saidOf(world))]).toEqual(["a", "b"]);
  });

  it("has its turn when that is dead since a store refuses it and takes others, as it would be without parking", async () => {
    const { world, deliver, relay, fails, works } = start();
    const key = subjectDocumentKey(
      functionOf(() => ({})),
      "s",
    );
    const save: typeof world.ledger.save = async (to, entry, options) => {
      if (to === key && JSON.stringify(entry).includes('"heard":["a"')) throw new Error("refused");
      return world.ledger.save(to, entry, options);
    };
    const ports = { ledger: { ...world.ledger, save } };
    fails("a");
    await deliver("a", { ports });
    await deliver("a", { ports });
    expect(await deliver("b", { ports })).toEqual(PARKED);
    works("a");
    for (let n = 0; n < 10; n++) {
      world.pass(31_000);
      await relay({ ports });
      expect(await deliver(`o-${n}`, { about: "o", ports })).toMatchObject({ how: "handled" });
    }
    expect(world.letters.map(({ body }) => JSON.parse(body))).toMatchObject([
      { id: "a", deadcode: "exhausted", deadreason: expect.stringContaining("refused") },
    ]);
    expect(saidOf(world)).toContain("b");
  });

  it("waits as long as that can be saved by nobody: no outage ends an event", async () => {
    const { world, deliver, relay, fails, works } = start();
    fails("a");
    await deliver("a");
    await deliver("a");
    await deliver("b");
    works("a");
    const key = subjectDocumentKey(
      functionOf(() => ({})),
      "s",
    );
    const save: typeof world.ledger.save = (to, ...rest) => (to === key ? away() : world.ledger.save(to, ...rest));
    for (let n = 0; n < 10; n++) {
      world.pass(31_000);
      await relay({ ports: { ledger: { ...world.ledger, save } } });
    }
    expect(world.letters).toEqual([]);
    world.pass(31_000);
    await relay();
    expect(saidOf(world)).toEqual(["a", "b"]);
  });

  it("has its turn in the end where nobody brings that again", async () => {
    const { world, deliver, relay, fails } = start();
    fails("a");
    await deliver("a");
    // Dies between the two: the broker still has it, and loses it.
    expect(await deliver("a", { dieAt: 7 })).toBe("died");
    expect(await deliver("b")).toEqual(PARKED);
    for (let n = 0; n < 30 && saidOf(world).length === 0; n++) {
      world.pass(31_000);
      await relay();
    }
    expect(saidOf(world)).toEqual(["b"]);
  });
});

describe("in a process that parks nothing (PARKING=off), what others have parked", () => {
  const off = () => ({ parking: createParking({ ms: MS, isOn: false }), patience: createPatience({ ms: MS }) });

  it("has the time that it would have had, and its turn", async () => {
    const { world, deliver, relay, fails, works } = start();
    fails("a");
    await deliver("a");
    await deliver("a");
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
    const { world, deliver, relay, fails, works } = start();
    fails("a");
    await deliver("a");
    await deliver("a");
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
    const { world, deliver, relay, fails, works } = start();
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
    const { world, deliver, relay, fails, works } = start();
    fails("a");
    await deliver("a");
    await deliver("a");
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
