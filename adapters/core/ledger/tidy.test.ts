import { describe, expect, it, vi } from "vitest";
import { First, functionOf, type Handle, heard } from "../dispatch/test-function.ts";
import { createWorld, distinct, type World } from "../dispatch/test-world.ts";
import { eventKey, subjectDocumentKey } from "../event/ids.ts";
import { compact, fromStored, outboxRow, saidMark } from "./entry.ts";
import { bytesOf, type Ledger } from "./ledger.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;
const counts: Handle = ({ data }, state) => ({ state: ((state as number) ?? 0) + 1, emit: [First(data)] });
const create = () => functionOf(counts, { keeps: "state" });
const documentKey = subjectDocumentKey(create(), "s");
const nth = (n: number) => ({ ...heard, id: `e-${n}`, time: undefined as unknown as string });

async function fill(world: World, { from = 0, to }: { readonly from?: number; readonly to: number }) {
  for (let n = from; n < to; n++) expect(await world.deliver(create, nth(n))).toMatchObject({ how: "handled" });
}
const documentIn = async (world: World) => fromStored((await world.ledger.load(documentKey)).entry);

const STORES = [
  ["that reads in order", { readsInOrder: true }],
  ["that reads in no order", { readsInOrder: false }],
] as const;

describe.each(STORES)("a subject of many events in a store %s", (_what, store) => {
  it("has a document that does not grow, and knows each of them again without saying it again", async () => {
    const world = createWorld(store);
    await fill(world, { to: 100 });
    const before = bytesOf(await documentIn(world));
    await fill(world, { from: 100, to: 600 });
    expect(bytesOf(await documentIn(world)) / before).toBeLessThan(1.5);
    expect((await documentIn(world)).state).toBe(600);
    // Each life is a process that has not met the document.
    const said = world.said.length;
    for (let n = 0; n < 600; n += 7)
      expect(await world.deliver(create, nth(n))).toMatchObject({ kind: "ack", how: "duplicate" });
    expect([(await documentIn(world)).state, distinct(world.said).length]).toEqual([600, 600]);
    expect(world.said.length).toBeGreaterThanOrEqual(said);
  });

  it.each([3, 40, 598])("refuses another event under the id of the one %i after the first", async (n) => {
    const world = createWorld(store);
    await fill(world, { to: 600 });
    const other = { ...nth(n), data: { about: "s", more: 1 } };
    expect(await world.deliver(create, other)).toMatchObject({ kind: "dead", code: "conflict" });
  });

  it("asks for document and row in one call once it knows that there are rows, then for the mark with its outbox", async () => {
    const world = createWorld(store);
    await fill(world, { to: 100 });
    world.steps.length = 0;
    await world.deliver(create, nth(3));
    expect(world.steps.slice(0, 2)).toEqual(["load", "load"]);
  });
});

describe("what was said", () => {
  it("leaves the document when it is known to be said and has been kept for its time", async () => {
    const world = createWorld();
    await fill(world, { to: 3 });
    await vi.waitFor(async () => {
      const marks = await world.ledger.loadAll([0, 1, 2].map((n) => saidMark(documentKey, keyOf(n))));
      expect(marks.every(({ entry }) => entry)).toBe(true);
    });
    world.pass(DAY_MS);
    await fill(world, { from: 3, to: 4 });
    expect(Object.keys((await documentIn(world)).outbox ?? {})).toEqual([keyOf(3)]);
  });

  it("stays as long as nobody is known to have said it, and is said when its event comes again", async () => {
    const world = createWorld();
    const down = { publish: () => Promise.reject(new Error("down")) };
    for (let n = 0; n < 40; n++) await world.deliver(create, nth(n), { ports: down });
    world.pass(2 * DAY_MS);
    await fill(world, { from: 40, to: 60 });
    expect(distinct(world.said)).toHaveLength(20);
    for (let n = 0; n < 40; n++) await world.deliver(create, nth(n));
    expect(distinct(world.said)).toHaveLength(60);
  });

  it("moves to a row of its own, where it lasts as long as it would in the document, before that is too large", async () => {
    const world = createWorld();
    const large = () =>
      functionOf(() => ({ emit: [First({ about: "x".repeat(40_000) })], state: 1 }), { keeps: "state" });
    for (let n = 0; n < 4; n++) await world.deliver(large, nth(n));
    const { outbox = {} } = await documentIn(world);
    expect(Object.keys(outbox)).toEqual([keyOf(3)]);
    const row = outboxRow(documentKey, keyOf(0));
    expect((await world.ledger.load(row)).entry).toMatchObject({ said: [{ topic: "one" }] });
    expect(await world.deliver(large, nth(0))).toMatchObject({ how: "duplicate" });
  });
});

describe("what an event says while one with a faster clock is ahead of it", () => {
  const AHEAD_MS = 20_000;
  /** in: how much the event ahead and the one behind it say, and keep, in characters */
  const saying = (said: Sizes, kept: Sizes = { ahead: 1, behind: 1 }) => {
    let runs = 0;
    const handle: Handle = ({ id, data }) => {
      const who = id === "e-0" ? "ahead" : "behind";
      const more = `${++runs}`.padEnd(said[who]);
      return { state: "s".repeat(kept[who]), emit: [{ ...First(data), data: { ...data, more } }] };
    };
    return () => functionOf(handle, { keeps: "state" });
  };
  interface Sizes {
    readonly ahead: number;
    readonly behind: number;
  }
  const LARGE = { ahead: 40_000, behind: 40_000 };

  async function startBehind(create: ReturnType<typeof saying>, maxBytes = Number.POSITIVE_INFINITY) {
    const world = createWorld();
    const ledger: Ledger = {
      ...world.ledger,
      maxBytes,
      save: (key, entry, options) =>
        bytesOf(entry) > maxBytes ? Promise.reject(new Error("too large")) : world.ledger.save(key, entry, options),
    };
    const now = () => world.ports.now() + AHEAD_MS;
    expect(await world.deliver(create, nth(0), { ports: { ledger, now } })).toMatchObject({ how: "handled" });
    return { world, ledger };
  }

  it("stays in the document, and the one ahead gets the row: nobody has said it yet", async () => {
    const create = saying(LARGE);
    const { world } = await startBehind(create);
    expect(await world.deliver(create, nth(1))).toMatchObject({ how: "handled" });
    const rows = await world.ledger.loadAll([0, 1].map((n) => outboxRow(documentKey, keyOf(n))));
    expect(rows.map(({ entry }) => entry !== undefined)).toEqual([true, false]);
    expect(Object.keys((await documentIn(world)).outbox ?? {})).toEqual([keyOf(1)]);
  });

  it("is the same to the byte where two processes are at it, and the slower one writes its rows last", async () => {
    const create = saying(LARGE);
    const { world, ledger } = await startBehind(create);
    const [gate, reached] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow: Ledger = {
      ...ledger,
      async put(rows, options) {
        reached.resolve();
        await gate.promise;
        await ledger.put(rows, options);
      },
    };
    const slower = world.deliver(create, nth(1), { ports: { ledger: slow } });
    await reached.promise;
    expect(await world.deliver(create, nth(1))).toMatchObject({ how: "handled" });
    gate.resolve();
    expect(await slower).toMatchObject({ how: "duplicate" });
    expect(await world.deliver(create, nth(1))).toMatchObject({ how: "duplicate" });
    expect(distinct(world.said)).toHaveLength(2);
  });

  it("leaves room for itself where the one ahead is what makes the document too large", async () => {
    const create = saying({ ahead: 60_000, behind: 10 }, { ahead: 10, behind: 60_000 });
    const { world, ledger } = await startBehind(create, 100_000);
    expect(await world.deliver(create, nth(1), { ports: { ledger } })).toMatchObject({ how: "handled" });
    expect(await world.deliver(create, nth(0), { ports: { ledger } })).toMatchObject({ how: "duplicate" });
    expect(distinct(world.said)).toHaveLength(2);
  });
});

it.each([
  ["before its document, while others save sixteen times,", { readsInOrder: false }],
  ["after its document, while others save sixteen times,", { readsInOrder: true }],
])("an event whose row is read %s is met in one of the two", async (_what, store) => {
  for (let later = 0; later < 34; later++) {
    const world = createWorld(store);
    await fill(world, { to: 40 + later });
    const others = () => fill(world, { from: 40 + later, to: 56 + later });
    const racing: typeof world.ledger.loadAll = async ([document = "", ...rows], options) => {
      if (store.readsInOrder) {
        const held = await world.ledger.load(document, options);
        await others();
        return [held, ...(await world.ledger.loadAll(rows, options))];
      }
      const held = await world.ledger.loadAll(rows, options);
      await others();
      return [await world.ledger.load(document, options), ...held];
    };
    const ports = { ledger: { ...world.ledger, loadAll: racing } };
    await world.deliver(create, nth(39), { ports });
    expect([later, (await documentIn(world)).state]).toEqual([later, 56 + later]);
  }
});

describe.each(STORES)("a process that dies as it makes room in a store %s", (_what, store) => {
  it.each(["before the rows", "after the rows", "after the document"] as const)("%s, loses nothing", async (when) => {
    const world = createWorld(store);
    await fill(world, { to: 16 });
    const { ledger } = world;
    let isDead = false;
    const die = () => {
      isDead = true;
      throw new Error("died");
    };
    const mortal: typeof ledger = {
      ...ledger,
      async put(rows) {
        if (when === "before the rows" || isDead) die();
        await ledger.put(rows);
        if (when === "after the rows") die();
      },
      async save(...call) {
        if (isDead) die();
        const saved = await ledger.save(...call);
        return when === "after the document" ? die() : saved;
      },
    };
    await world.deliver(create, nth(16), { ports: { ledger: mortal } });
    for (let n = 16; n < 80; n++) expect(await world.deliver(create, nth(n))).toMatchObject({ kind: "ack" });
    for (let n = 0; n < 80; n++) await world.deliver(create, nth(n));
    expect([(await documentIn(world)).state, distinct(world.said).length]).toEqual([80, 80]);
  });
});

const keyOf = (n: number) => compact(eventKey(nth(n)));
