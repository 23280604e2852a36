import { describe, expect, it } from "vitest";
import { eventKey } from "../event/ids.ts";
import { compact } from "../ledger/entry.ts";
import { carefully } from "./careful.ts";
import { dispatch } from "./dispatch.ts";
import type { Ports } from "./ports.ts";
import { functionOf, Heard } from "./test-function.ts";
import { createWorld, toEvent, type World } from "./test-world.ts";

const named = (id: string, about = id) => toEvent(Heard({ about }), { id });
const codes = ({ letters }: World) => letters.map(({ body }) => JSON.parse(body).deadcode);

/** A function that charges, in processes that know of a death. */
function start({ hasLapsed = true } = {}) {
  const world = createWorld();
  let handled = 0;
  const deliver = (id: string, dieAt = 0) =>
    world.deliver(
      ({ charge }, { ledger, now, deadlineMs }) =>
        carefully(
          functionOf(
            async () => {
              handled++;
              await charge({ key: id, eventId: id, amount: { amount: 1, currency: "EUR" } });
              return {};
            },
            { keeps: "nothing" },
          ),
          { ledger, now, deadlineMs, lapsedAt: async () => (hasLapsed ? now() : undefined) },
        ),
      named(id),
      { dieAt },
    );
  return { world, deliver, handled: () => handled };
}

/** Loads of the document and of its starts have two steps each. */
const WITHIN_CHARGE = [5, 6];
const WITHIN_SAVE = 7;

describe("after a process was killed", () => {
  it.each(WITHIN_CHARGE)("an event that kills three more is dead (step %i)", async (dieAt) => {
    const { world, deliver, handled } = start();
    for (let n = 0; n < 3; n++) expect(await deliver("a", dieAt)).toBe("died");
    expect(await deliver("a")).toMatchObject({ kind: "retry", code: "contention" });
    expect(codes(world)).toEqual([]);
    world.pass(15_000);
    expect(await deliver("a")).toMatchObject({ kind: "dead", code: "crash" });
    expect([codes(world), handled()]).toEqual([["crash"], 3]);
    expect(await deliver("b")).toMatchObject({ how: "handled" });
  });

  it("an event that killed three has another try where its letter is published again", async () => {
    const { world, deliver, handled } = start();
    for (let n = 0; n < 3; n++) await deliver("a", WITHIN_CHARGE[0]);
    world.pass(15_000);
    expect(await deliver("a")).toMatchObject({ kind: "dead", code: "crash" });
    // Where its letter could not be stored, say.
    expect(await deliver("a")).toMatchObject({ kind: "dead", code: "crash" });
    world.pass(60_000);
    expect(await deliver("a", WITHIN_CHARGE[0])).toBe("died");
    world.pass(15_000);
    expect(await deliver("a")).toMatchObject({ kind: "dead", code: "crash" });
    world.pass(60_000);
    expect(handled()).toBe(4);
    expect(await deliver("a")).toMatchObject({ how: "handled" });
  });

  it("an event whose handler comes to its end is not blamed for what kills a process later", async () => {
    const { world, deliver } = start();
    for (let n = 0; n < 5; n++) expect(await deliver("a", WITHIN_SAVE)).toBe("died");
    expect(await deliver("a")).toMatchObject({ how: "handled" });
    expect(codes(world)).toEqual([]);
  });

  it("starts that came to an end do not count", async () => {
    const { world, deliver } = start();
    for (let n = 0; n < 3; n++) {
      for (let m = 0; m < 2; m++) expect(await deliver("a", 6)).toBe("died");
      expect(await deliver("a", WITHIN_SAVE)).toBe("died");
    }
    expect(codes(world)).toEqual([]);
  });
});

it("costs nothing where no process was killed", async () => {
  const { world, deliver } = start({ hasLapsed: false });
  for (let n = 0; n < 5; n++) expect(await deliver("a", 4)).toBe("died");
  world.steps.length = 0;
  expect(await deliver("a")).toMatchObject({ how: "handled" });
  expect(world.steps).toEqual(["load", "charge", "save"]);
});

it("an event is not dead for being at work in three processes at once", async () => {
  const { promise: ends, resolve: end } = Promise.withResolvers<void>();
  const world = createWorld();
  const { now, deadlineMs } = world.ports;
  const deliver = (handle: () => Promise<void>) => {
    const ledger = { ...world.ledger };
    const fn = carefully(
      functionOf(
        async () => {
          await handle();
          return {};
        },
        { keeps: "nothing" },
      ),
      { ledger, now, deadlineMs, lapsedAt: async () => now() },
    );
    return dispatch(fn, { event: named("a"), topic: "in" }, { ...world.ports, ledger });
  };
  const others: Promise<unknown>[] = [];
  for (let n = 0; n < 3; n++) {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    others.push(
      deliver(() => {
        begin();
        return ends;
      }),
    );
    await begun;
  }
  expect(await deliver(async () => {})).toMatchObject({ kind: "retry", code: "contention" });
  end();
  await Promise.all(others);
  expect(codes(world)).toEqual([]);
});

interface OneProcess {
  readonly handle: (id: string) => Promise<void>;
  readonly lapsedAt?: () => Promise<number | undefined>;
  readonly deadlineMs?: number;
}

/** One process, and its events side by side. */
function live({ handle, lapsedAt, deadlineMs = 10_000 }: OneProcess) {
  const world = createWorld();
  const { now, ledger } = world.ports;
  const fn = carefully(
    functionOf(
      async ({ id }) => {
        await handle(id);
        return {};
      },
      { keeps: "nothing" },
    ),
    { ledger, now, deadlineMs, lapsedAt: lapsedAt ?? (async () => now()) },
  );
  const ports: Ports = { ...world.ports, deadlineMs };
  return { world, deliver: (id: string) => dispatch(fn, { event: named(id), topic: "in" }, ports) };
}

it("handles one at a time, so that a death is blamed on nobody else", async () => {
  let running = 0;
  let most = 0;
  const { deliver } = live({
    async handle() {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
    },
  });
  const outcomes = await Promise.all(["a", "b", "c", "d"].map(deliver));
  expect(outcomes).toEqual(outcomes.map(() => expect.objectContaining({ how: "handled" })));
  expect(most).toBe(1);
});

it("lets others have their turn when a handler hangs, and blames them for nothing", async () => {
  const { deliver } = live({
    deadlineMs: 100,
    handle: (id) => (id === "a" ? new Promise(() => {}) : Promise.resolve()),
  });
  const hanging = deliver("a");
  expect(await deliver("b")).toMatchObject({ kind: "retry", code: "contention" });
  expect(await hanging).toMatchObject({ kind: "retry", code: "timeout" });
  expect(await deliver("b")).toMatchObject({ how: "handled" });
});

it("handles nothing as long as it cannot be told whether a process was killed", async () => {
  let isAway = true;
  const handled: string[] = [];
  const { deliver } = live({
    handle: async (id) => void handled.push(id),
    lapsedAt: async () => {
      if (isAway) throw new Error("away");
      return undefined;
    },
  });
  expect(await deliver("a")).toMatchObject({ kind: "retry", code: "ledger" });
  expect(handled).toEqual([]);
  isAway = false;
  expect(await deliver("a")).toMatchObject({ how: "handled" });
});

it("lets stand what an event did whose end cannot be written down, and begins no other until it is", async () => {
  let isAway = true;
  const { world, deliver } = live({ handle: async () => {} });
  const { put } = world.ledger;
  (world.ledger as { put: typeof put }).put = async (rows, options) => {
    if (isAway && rows[0]?.entry.starts === 0) throw new Error("away");
    return put(rows, options);
  };
  expect(await deliver("a")).toMatchObject({ how: "handled" });
  for (let n = 0; n < 5; n++) expect(await deliver("b")).toMatchObject({ kind: "retry", code: "ledger" });
  isAway = false;
  expect(await deliver("b")).toMatchObject({ how: "handled" });
  const { entry } = await world.ledger.load(`fn-start-${compact(eventKey(named("a")))}`);
  expect(entry).toMatchObject({ starts: 0 });
});

it("blames no event whose start cannot be written down, and may be written", async () => {
  let isAway = true;
  const { world, deliver } = live({ handle: async () => {} });
  const { put } = world.ledger;
  (world.ledger as { put: typeof put }).put = async (rows, options) => {
    await put(rows, options);
    if (isAway && rows[0]?.entry.starts !== 0) throw new Error("away");
  };
  for (let n = 0; n < 5; n++) expect(await deliver("a")).toMatchObject({ kind: "retry", code: "ledger" });
  const key = `fn-start-${compact(eventKey(named("a")))}`;
  // Before another process counts it.
  await expect.poll(async () => (await world.ledger.load(key)).entry, { timeout: 5_000 }).toMatchObject({ starts: 0 });
  isAway = false;
  expect(await deliver("a")).toMatchObject({ how: "handled" });
});

it("takes a store that is slow for no slow handler, and begins none when its time is over", async () => {
  let handled = 0;
  let isSlow = true;
  const pause = () => (isSlow ? new Promise<void>((resolve) => setTimeout(resolve, 150)) : undefined);
  const { world, deliver } = live({
    deadlineMs: 600,
    handle: async () => void handled++,
    lapsedAt: async () => {
      await pause();
      return world.ports.now();
    },
  });
  const { load, put } = world.ledger;
  Object.assign(world.ledger, {
    async load(...rest: Parameters<typeof load>) {
      await pause();
      return load(...rest);
    },
    async put(...rest: Parameters<typeof put>) {
      await pause();
      return put(...rest);
    },
  });
  for (let n = 0; n < 2; n++) expect(await deliver("a")).toMatchObject({ kind: "retry", code: "ledger" });
  expect(handled).toBe(0);
  isSlow = false;
  expect(await deliver("a")).toMatchObject({ how: "handled" });
});

it("asks once a minute, and is careful for ten", async () => {
  let asked = 0;
  let lapsed: number | undefined;
  const { world, deliver } = live({
    handle: async () => {},
    async lapsedAt() {
      asked++;
      return lapsed;
    },
  });
  const isCarefulWith = async (id: string) => {
    expect(await deliver(id)).toMatchObject({ how: "handled" });
    const { entry } = await world.ledger.load(`fn-start-${compact(eventKey(named(id)))}`);
    return entry !== undefined;
  };
  expect([await isCarefulWith("a"), await isCarefulWith("b"), asked]).toEqual([false, false, 1]);
  lapsed = world.ports.now();
  world.pass(61_000);
  expect([await isCarefulWith("c"), asked]).toEqual([true, 2]);
  world.pass(500_000);
  expect([await isCarefulWith("d"), asked]).toEqual([true, 3]);
  world.pass(61_000);
  expect([await isCarefulWith("e"), asked]).toEqual([false, 4]);
});
