import { describe, expect, it } from "vitest";
import { defineFunction, type Handler, when } from "../../../functions/kernel/define.ts";
import type { EventDraft } from "../../../functions/kernel/event.ts";
import { dispatch } from "../dispatch/dispatch.ts";
import type { Outcome } from "../dispatch/outcome.ts";
import { createPatience } from "../dispatch/patience.ts";
import type { Ports } from "../dispatch/ports.ts";
import { First, functionOf, Heard, heard, Second, sayBoth, Timer } from "../dispatch/test-function.ts";
import { createWorld, distinct, toEvent, type World } from "../dispatch/test-world.ts";
import { eventDocumentKey, eventKey, subjectDocumentKey } from "../event/ids.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { marksOf } from "../ledger/marks.ts";
import { relayNow } from "./relay-now.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const EDGE = { fromEdge: true, ports: { isRelayed: true } } as const;
const RELAYED = { ports: { isRelayed: true } } as const;
const refuses = async () => {
  throw new Error("the broker is away");
};

type Handle = Handler<unknown, { readonly about: string }>;
const talks = () => functionOf(sayBoth);
const counts: Handle = ({ data }, state) => ({
  state: { count: Number((state as { count?: number })?.count ?? 0) + 1 },
  emit: [First(data)],
});
const later = (draft: EventDraft, afterMs = 15 * MINUTE): EventDraft => ({ ...draft, afterMs });
const types = (world: World) => world.said.map(({ body }) => JSON.parse(body).type);
const dueOf = (world: World) => (world.ledger as Required<Ledger>).due("fn", { until: 1e15, most: 100 });

describe("what an edge has saved and could not say", () => {
  const fails = { ...EDGE, ports: { ...EDGE.ports, publish: refuses } };

  it("is taken, and said once its time is over, not before", async () => {
    const world = createWorld();
    expect(await world.deliver(talks, heard, fails)).toEqual({
      kind: "ack",
      how: "handled",
      said: [First.type, Second.type],
    });
    expect(await world.relay(talks)).toEqual({ looked: 0, said: 0, failed: 0, parked: 0, oldestMs: 0 });
    world.pass(MINUTE);
    expect(await world.relay(talks)).toEqual({ looked: 1, said: 1, failed: 0, parked: 0, oldestMs: 0 });
    expect(types(world)).toEqual([First.type, Second.type]);
    expect(await dueOf(world)).toEqual([]);
    expect(await world.relay(talks)).toMatchObject({ looked: 0 });
  });

  it("comes again where no relay runs, as whoever asked is told", async () => {
    const world = createWorld();
    const outcome = await world.deliver(talks, heard, {
      fromEdge: true,
      ports: { isRelayed: false, publish: refuses },
    });
    expect(outcome).toMatchObject({ kind: "retry", code: "publish" });
    expect(await dueOf(world)).toEqual([]);
  });

  it("is left after two seconds to the relay: whoever asked does not wait for its deadline", async () => {
    const world = createWorld();
    const hangs = (_: unknown, { signal }: { signal?: AbortSignal | undefined } = {}) =>
      new Promise<void>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    const begun = performance.now();
    expect(await world.deliver(talks, heard, { ...EDGE, ports: { ...EDGE.ports, publish: hangs } })).toMatchObject({
      kind: "ack",
    });
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it("is not said again where it was said", async () => {
    const world = createWorld();
    const ports = { ...world.ports, isRelayed: true };
    await dispatch(talks(), { event: heard, fromEdge: true }, ports);
    world.pass(MINUTE);
    expect(await relayNow(talks(), ports)).toMatchObject({ looked: 1, said: 0, failed: 0 });
    expect(types(world)).toEqual([First.type, Second.type]);
  });

  it("is not said again where another process has marked it", async () => {
    const world = createWorld();
    const ports = { ...world.ports, isRelayed: true };
    await dispatch(talks(), { event: heard, fromEdge: true }, ports);
    await marksOf(ports).flush();
    world.pass(MINUTE);
    expect(await world.relay(talks)).toMatchObject({ looked: 1, said: 0, failed: 0 });
  });

  it("needs no relay in a process that stands still after its answer, once it is said", async () => {
    const world = createWorld();
    await world.deliver(talks, heard, { ...EDGE, ports: { ...EDGE.ports, isFrozen: true } });
    expect(await dueOf(world)).toEqual([]);
  });

  it("needs none once a later event of its subject is saved by the process that said it", async () => {
    const world = createWorld();
    const fn = functionOf(counts, { keeps: "state" });
    const ports = { ...world.ports, isRelayed: true };
    await dispatch(fn, { event: heard, fromEdge: true }, ports);
    await dispatch(fn, { event: toEvent(Heard({ about: "s" }), { id: "e-2" }) }, ports);
    world.pass(MINUTE);
    expect(await relayNow(fn, ports)).toMatchObject({ looked: 0 });
  });

  it("waits longer each time while it cannot be said, and never holds up the others", async () => {
    const world = createWorld();
    await world.deliver(talks, heard, fails);
    world.pass(MINUTE);
    const onlyOther = async (said: Parameters<World["ports"]["publish"]>[0]) => {
      if (said.some(({ body }) => body.includes('"e-1"'))) throw new Error("not this one");
      world.said.push(...said);
    };
    expect(await world.relay(talks, { ports: { publish: onlyOther } })).toMatchObject({ said: 0, failed: 1 });
    await world.deliver(talks, toEvent(Heard({ about: "other" }), { id: "e-2" }), fails);
    world.pass(20_000);
    expect(await world.relay(talks, { ports: { publish: onlyOther } })).toMatchObject({ looked: 1, said: 1 });
    world.pass(MINUTE);
    const { oldestMs } = (await world.relay(talks, { ports: { publish: onlyOther } })) as { oldestMs: number };
    expect(oldestMs).toBeGreaterThan(2 * MINUTE);
    world.pass(60 * MINUTE);
    expect(await world.relay(talks)).toMatchObject({ said: 1, failed: 0 });
    expect(distinct(world.said)).toHaveLength(4);
  });

  it("is left alone while somebody has a lease on its document: its version is theirs", async () => {
    const world = createWorld();
    const create = () => functionOf(sayBoth, { exclusive: true, keeps: "state" });
    await world.deliver(create, heard, fails);
    world.pass(MINUTE);
    const other = toEvent(Heard({ about: "s" }), { id: "e-2" });
    const { promise: ends, resolve: end } = Promise.withResolvers<void>();
    const working = world.deliver(
      () => functionOf(() => ends.then(() => ({})), { exclusive: true, keeps: "state" }),
      other,
      RELAYED,
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(await world.relay(create)).toMatchObject({ said: 0, failed: 1 });
    end();
    expect(await working).toMatchObject({ kind: "ack" });
  });

  it("is said where a lease is further ahead than any: it was written by no right clock", async () => {
    const world = createWorld();
    const create = () => functionOf(sayBoth, { exclusive: true, keeps: "state" });
    await world.deliver(create, heard, fails);
    const key = subjectDocumentKey(create(), "s");
    const { entry, version } = await world.ledger.load(key);
    const lease = { event: "another", until: world.ports.now() + DAY };
    await world.ledger.save(key, { ...entry, lease }, { expected: version, due: { of: "fn", at: 0 } });
    world.pass(MINUTE);
    expect(await world.relay(create)).toMatchObject({ said: 1, failed: 0 });
  });
});

describe.each([
  ["an edge", talks, [First.type, Second.type]],
  ["an edge with state", () => functionOf(counts, { keeps: "state" }), [First.type]],
] as const)("a process of %s that dies at any step", (_, create, expected) => {
  it.each(Array.from({ length: 6 }, (_, at) => at + 1))("(%i) leaves nothing, or what a relay says", async (dieAt) => {
    const world = createWorld();
    expect(await world.deliver(create, heard, { ...EDGE, dieAt })).toBe("died");
    const isSaved = (await dueOf(world)).length > 0;
    world.pass(MINUTE);
    await world.relay(create);
    expect(distinct(world.said).map(({ type }) => type)).toEqual(isSaved ? expected : []);
    expect(await world.deliver(create, heard, { ...EDGE })).toMatchObject({ kind: "ack" });
    expect(distinct(world.said).map(({ type }) => type)).toEqual(expected);
  });
});

describe("a relay that dies at any step", () => {
  it.each(Array.from({ length: 10 }, (_, at) => at + 1))("(%i) leaves it to the next", async (dieAt) => {
    const world = createWorld();
    await world.deliver(talks, heard, { ...EDGE, ports: { ...EDGE.ports, publish: refuses } });
    world.pass(MINUTE);
    await world.relay(talks, { dieAt });
    await world.relay(talks);
    expect(distinct(world.said).map(({ type }) => type)).toEqual([First.type, Second.type]);
    expect(await dueOf(world)).toEqual([]);
  });

  it("as another runs beside it, does no harm", async () => {
    const world = createWorld();
    const fails = { ...EDGE, ports: { ...EDGE.ports, publish: refuses } };
    for (let n = 0; n < 20; n++) await world.deliver(talks, toEvent(Heard({ about: `${n}` }), { id: `e-${n}` }), fails);
    world.pass(MINUTE);
    await Promise.all([world.relay(talks), world.relay(talks), world.relay(talks)]);
    expect(distinct(world.said)).toHaveLength(40);
    expect(await dueOf(world)).toEqual([]);
  });
});

describe("an event that is given up, since what it says cannot be published while others get through", () => {
  const create = () => functionOf(sayBoth);
  async function giveUp(world: World, more: Partial<Ports> = {}) {
    const patience = createPatience({ ms: 90_000 });
    const publish: Ports["publish"] = async (said, options) => {
      if (said.some(({ body }) => body.includes('"causationid":"e-1"'))) throw new Error("not this one");
      return world.ports.publish(said, options);
    };
    const ports = { isRelayed: true, patience, publish, ...more };
    let outcome: Outcome | "died" | undefined;
    for (let n = 0; n < 4; n++) {
      outcome = await world.deliver(create, heard, { ports });
      await world.deliver(create, toEvent(Heard({ about: `${n}` }), { id: `other-${n}` }), { ports });
      world.pass(MINUTE);
    }
    return outcome;
  }

  it("has its letter, and is said by a relay all the same", async () => {
    const world = createWorld();
    expect(await giveUp(world)).toMatchObject({ kind: "dead", code: "exhausted" });
    expect(world.letters).toHaveLength(1);
    expect(await world.relay(create)).toMatchObject({ said: 1, failed: 0 });
    expect(world.said.filter(({ body }) => body.includes('"causationid":"e-1"'))).toHaveLength(2);
  });

  it("comes again while another delivery is at work on its document: what that has done would be done again", async () => {
    const world = createWorld();
    const loadAll: Ledger["loadAll"] = async (keys, options) => {
      const rows = await world.ledger.loadAll(keys, options);
      const lease = { event: "another", until: world.ports.now() + MINUTE };
      return rows.map((held) =>
        held.entry?.inbox === undefined ? held : { ...held, entry: { ...held.entry, lease } },
      );
    };
    expect(await giveUp(world, { ledger: { ...world.ledger, loadAll } })).toMatchObject({ kind: "retry" });
    expect(world.letters).toHaveLength(0);
  });

  it("comes again where the ledger does not take that it is left to the relay", async () => {
    const world = createWorld();
    const loadAll = () => Promise.reject(new Error("the ledger is away"));
    expect(await giveUp(world, { ledger: { ...world.ledger, loadAll } })).toMatchObject({ kind: "retry" });
    expect(world.letters).toHaveLength(0);
  });
});

describe("a document that has expired, and that a store still tells of", () => {
  it("is told no more once a relay has looked", async () => {
    const world = createWorld();
    await world.deliver(talks, heard, { ...EDGE, ports: { ...EDGE.ports, publish: refuses } });
    const due: Ledger["due"] = async () => [eventDocumentKey(talks(), eventKey(heard))];
    const saves: unknown[] = [];
    const save: Ledger["save"] = async (key, entry, options) => {
      saves.push(options.due);
      return world.ledger.save(key, entry, options);
    };
    world.pass(40 * DAY);
    const ledger = { ...world.ledger, due, save };
    expect(await world.relay(talks, { ports: { isRelayed: true, ledger } })).toMatchObject({ said: 0, failed: 0 });
    expect(saves).toEqual([undefined]);
  });
});

describe("what is to be said later", () => {
  const delays = () => functionOf(({ data }) => ({ emit: [First(data), later(Second(data))] }));

  it("is said at its time, under its time, and not before", async () => {
    const world = createWorld();
    await world.deliver(delays, heard, RELAYED);
    expect(types(world)).toEqual([First.type]);
    world.pass(14 * MINUTE);
    expect(await world.relay(delays)).toMatchObject({ looked: 0 });
    world.pass(2 * MINUTE);
    expect(await world.relay(delays)).toMatchObject({ said: 1, failed: 0 });
    const [first, second] = world.said.map(({ body }) => JSON.parse(body));
    expect([first.type, second.type]).toEqual([First.type, Second.type]);
    expect(Date.parse(second.time) - Date.parse(first.time)).toBe(15 * MINUTE);
    await world.relay(delays);
    expect(world.said).toHaveLength(2);
  });

  it("is not said again for its cause, which comes twice", async () => {
    const world = createWorld();
    await world.deliver(delays, heard, RELAYED);
    await world.deliver(delays, heard, RELAYED);
    world.pass(16 * MINUTE);
    await world.relay(delays);
    await world.deliver(delays, heard, RELAYED);
    expect(types(world).filter((type) => type === Second.type)).toHaveLength(1);
  });

  it("stays in its document, however many events come after it", async () => {
    const world = createWorld();
    const once = () =>
      functionOf(({ id, data }, state) => ({
        state: state ?? {},
        emit: [id === "e-1" ? later(Second(data)) : First(data)],
      }));
    await world.deliver(once, heard, RELAYED);
    for (let n = 2; n < 60; n++) await world.deliver(once, toEvent(Heard({ about: "s" }), { id: `e-${n}` }), RELAYED);
    world.pass(16 * MINUTE);
    await world.relay(once);
    expect(types(world).filter((type) => type === Second.type)).toHaveLength(1);
  });

  it("is refused where nobody would say it", async () => {
    const outcome = await createWorld().deliver(delays, heard, { ports: { isRelayed: false } });
    expect(outcome).toMatchObject({
      kind: "retry",
      code: "handler",
      reason: expect.stringContaining("no relay runs here"),
    });
  });
});

describe("a timer, which is an event without a topic", () => {
  const heardTimers: string[] = [];
  const timing = () =>
    defineFunction<{ readonly done?: boolean }>({
      name: "fn",
      keeps: "state",
      on: [
        when(Heard, ({ data }) => ({ state: {}, emit: [later(Timer(data))] })),
        when(Timer, ({ data, time }, state) => {
          heardTimers.push(time);
          return state?.done ? {} : { state: { done: true }, emit: [First(data)] };
        }),
      ],
      emits: [First, Timer],
    });

  it("is handed to the function itself at its time, by no broker, whatever TOPICS says", async () => {
    const world = createWorld();
    await world.deliver(timing, heard, { ports: { isRelayed: true, topics: ["all"] } });
    expect(world.said).toEqual([]);
    world.pass(16 * MINUTE);
    expect(await world.relay(timing, RELAYED)).toMatchObject({ said: 1, failed: 0 });
    expect(types(world)).toEqual([First.type]);
    await world.relay(timing, RELAYED);
    expect(types(world)).toEqual([First.type]);
  });

  it.each(Array.from({ length: 16 }, (_, at) => at + 1))("is done once where its relay dies (%i)", async (dieAt) => {
    const world = createWorld();
    await world.deliver(timing, heard, RELAYED);
    world.pass(16 * MINUTE);
    await world.relay(timing, { ...RELAYED, dieAt });
    world.pass(MINUTE);
    await world.relay(timing, RELAYED);
    world.pass(MINUTE);
    await world.relay(timing, RELAYED);
    expect(distinct(world.said).map(({ type }) => type)).toEqual([First.type]);
  });

  it.each([
    ["in a catalogue", new Set([Timer.type])],
    ["in none", new Set<string>()],
  ])("waits for a build that knows it where this one does not, and its type is %s", async (_what, types) => {
    const world = createWorld();
    await world.deliver(timing, heard, RELAYED);
    world.pass(16 * MINUTE);
    const older = { ports: { isRelayed: true, types } };
    expect(await world.relay(talks, older)).toMatchObject({ said: 0, failed: 1 });
    world.pass(MINUTE);
    expect(await world.relay(timing, RELAYED)).toMatchObject({ said: 1, failed: 0 });
  });

  it("has to have a delay", async () => {
    const now = () => functionOf(({ data }) => ({ emit: [{ ...Timer(data) }] }));
    const outcome = await createWorld().deliver(
      () => ({ ...now(), emits: new Map([[Timer.type, Timer]]) }),
      heard,
      RELAYED,
    );
    expect(outcome).toMatchObject({ kind: "retry", reason: expect.stringContaining("which has no topic, at once") });
  });
});

it.each([
  ["for ever where its function says nothing", undefined, true],
  ["as long as its function says after its last event", { days: 40 }, false],
])("a state is kept %s", async (_what, keep, isKept) => {
  const world = createWorld();
  const fn = defineFunction<{ readonly count: number }>({
    name: "fn",
    keeps: "state",
    ...(keep ? { keep } : {}),
    on: [when(Heard, () => ({ state: { count: 1 } }))],
  });
  await world.deliver(() => fn, heard);
  world.pass(39 * DAY);
  const key = subjectDocumentKey(fn, "s");
  expect((await world.ledger.load(key)).entry).toMatchObject({ state: { count: 1 } });
  world.pass(2 * DAY);
  expect((await world.ledger.load(key)).entry !== undefined).toBe(isKept);
});

describe("a day after", () => {
  const create = () => functionOf(counts, { keeps: "state" });

  it("what was said leaves a document with state, which is then looked at no more", async () => {
    const world = createWorld();
    const fn = create();
    const ports = { ...world.ports, isRelayed: true };
    await dispatch(fn, { event: heard }, ports);
    world.pass(DAY - MINUTE);
    expect(await relayNow(fn, ports)).toMatchObject({ looked: 0 });
    world.pass(2 * 60 * MINUTE);
    expect(await relayNow(fn, ports)).toMatchObject({ looked: 1, said: 0, failed: 0 });
    expect(await dueOf(world)).toEqual([]);
    const { entry } = await world.ledger.load(subjectDocumentKey(fn, "s"));
    expect(entry).toMatchObject({ state: { count: 1 } });
    expect(entry).not.toHaveProperty("outbox");
  });

  it("what its process has said and not marked is said once more before it goes", async () => {
    const world = createWorld();
    expect(await world.deliver(create, heard, { ...RELAYED, dieAt: 5 })).toBe("died");
    world.pass(DAY + 2 * 60 * MINUTE);
    expect(await world.relay(create)).toMatchObject({ said: 1 });
    expect(types(world)).toEqual([First.type]);
    expect(await dueOf(world)).toEqual([]);
  });
});
