import { describe, expect, it } from "vitest";
import type { Document, Ledger, Row } from "../ledger/ledger.ts";
import { createMemoryLedger } from "../ledger/memory-ledger.ts";
import { createAgenda } from "./agenda.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const ENTRY: Document = { v: 1, inbox: "" };

/** A store that cannot be asked what is due, and processes on it that may die. */
function createStore() {
  let clock = Date.parse("2026-11-25T10:00:00Z");
  const { due: _, ...ledger } = createMemoryLedger({ now: () => clock });
  const puts: (readonly Row[])[] = [];
  const calls = { count: 0 };
  const now = () => clock;

  interface Life {
    /** The call, counted from 1, before which it dies. */
    readonly dieAt?: number;
    readonly ports?: Partial<Ledger>;
  }
  function start({ dieAt = Number.POSITIVE_INFINITY, ports }: Life = {}) {
    let count = 0;
    let isDead = false;
    const mortal = <A extends readonly unknown[], T>(work: (...args: A) => Promise<T>) => {
      return async (...args: A): Promise<T> => {
        isDead ||= ++count === dieAt;
        if (isDead) throw new Error("died");
        calls.count++;
        return work(...args);
      };
    };
    const lent: Ledger = {
      ...ledger,
      load: mortal(ledger.load),
      loadAll: mortal(ledger.loadAll),
      save: mortal(ledger.save),
      put: mortal(async (rows, options) => {
        puts.push(rows);
        await (ports?.put ?? ledger.put)(rows, options);
      }),
      ...(ports?.save ? { save: mortal(ports.save) } : {}),
    };
    const agenda = createAgenda({ ledger: lent, of: "fn", now });
    return {
      ...agenda,
      save: async (key: string, dueIn?: number) =>
        agenda.save(key, ENTRY, {
          expected: (await ledger.load(key)).version,
          ...(dueIn === undefined ? {} : { due: { of: "fn", at: clock + dueIn } }),
        }),
      tells: (most = 100) => agenda.due("fn", { until: clock, most }),
      kill() {
        isDead = true;
      },
    };
  }
  return {
    start,
    ...{ puts, calls, ledger, now },
    pass(ms: number) {
      clock += ms;
    },
  };
}

/** All that it tells, page by page, each looked at. */
async function all(process: ReturnType<ReturnType<typeof createStore>["start"]>) {
  const told: string[] = [];
  for (;;) {
    const keys = await process.tells();
    if (keys.length === 0) return told;
    told.push(...keys);
    for (const key of keys) process.looked(key, undefined);
  }
}

it("tells what it has written down once it is due, until it has been looked at", async () => {
  const store = createStore();
  const process = store.start();
  expect(await process.save("fn-1", 15 * SECOND)).toBeTruthy();
  expect(await process.tells()).toEqual([]);
  store.pass(16 * SECOND);
  expect(await process.tells()).toEqual(["fn-1"]);
  expect(await process.tells()).toEqual(["fn-1"]);
  process.looked("fn-1", undefined);
  expect(await process.tells()).toEqual([]);
});

it("tells what is due at once when it is due, although it has to be written down for later", async () => {
  const store = createStore();
  const process = store.start();
  await process.save("fn-1", SECOND);
  expect(await process.tells()).toEqual([]);
  store.pass(SECOND);
  expect(await process.tells()).toEqual(["fn-1"]);
  process.looked("fn-1", { of: "fn", at: store.now() + 2 * SECOND });
  expect(await process.tells()).toEqual([]);
  store.pass(10 * SECOND);
  expect(await process.tells()).toEqual(["fn-1"]);
});

it("tells it then also where another save of it was lost meanwhile", async () => {
  const store = createStore();
  const process = store.start();
  expect(await Promise.all([process.save("fn-1", SECOND), process.save("fn-1", MINUTE)])).toEqual([
    expect.anything(),
    false,
  ]);
  store.pass(SECOND);
  expect(await process.tells()).toEqual(["fn-1"]);
});

it("costs a document that is due never one call more", async () => {
  const store = createStore();
  await store.start().save("fn-1");
  expect(store.calls.count).toBe(1);
});

it("costs fifty at once a call or two together, and one alone a single one once it has its slot", async () => {
  const store = createStore();
  const process = store.start();
  await process.save("fn-first", 15 * SECOND);
  store.puts.length = 0;
  await Promise.all(Array.from({ length: 50 }, (_, n) => process.save(`fn-${n}`, 15 * SECOND)));
  expect(store.puts.length).toBeLessThanOrEqual(2);
  const before = store.calls.count;
  await process.save("fn-alone", 15 * SECOND);
  expect(store.calls.count - before).toBe(2);
});

it("costs a later save with a later time none: it is written down with the next", async () => {
  const store = createStore();
  const process = store.start();
  await process.save("fn-1", 15 * SECOND);
  const { version } = await store.ledger.load("fn-1");
  const before = store.calls.count;
  await process.save("fn-2");
  expect(store.calls.count - before).toBe(1);
  store.pass(MINUTE);
  expect(await process.tells()).toEqual(["fn-1"]);
  process.looked("fn-1", { of: "fn", at: Date.parse("2026-11-25T10:30:00Z") });
  expect(await process.tells()).toEqual([]);
  store.pass(HOUR);
  expect(await all(process)).toEqual(["fn-1"]);
  expect(version).toBeDefined();
});

describe("a process that is gone", () => {
  it("is replaced in what it had written down, within half a minute", async () => {
    const store = createStore();
    const gone = store.start();
    await gone.save("fn-soon", 15 * SECOND);
    await gone.save("fn-later", 20 * MINUTE);
    gone.kill();
    const other = store.start();
    store.pass(24 * SECOND);
    expect(await other.tells()).toEqual([]);
    store.pass(2 * SECOND);
    expect(await other.tells()).toEqual(["fn-soon"]);
    other.looked("fn-soon", undefined);
    store.pass(20 * MINUTE);
    expect(await all(other)).toEqual(["fn-later"]);
    expect(await all(store.start())).toEqual([]);
  });

  it.each(Array.from({ length: 12 }, (_, at) => at + 1))(
    "at step %i has saved nothing that nobody looks at",
    async (dieAt) => {
      const store = createStore();
      const mortal = store.start({ dieAt });
      await Promise.allSettled([mortal.save("fn-1", 15 * SECOND), mortal.save("fn-2", 20 * MINUTE)]);
      mortal.kill();
      store.pass(HOUR);
      const told = await all(store.start());
      for (const key of ["fn-1", "fn-2"]) if ((await store.ledger.load(key)).entry) expect(told).toContain(key);
    },
  );

  it.each(Array.from({ length: 14 }, (_, at) => at + 1))(
    "at step %i of taking over leaves it to the next",
    async (dieAt) => {
      const store = createStore();
      const gone = store.start();
      await Promise.all([gone.save("fn-1", 15 * SECOND), gone.save("fn-2", 20 * MINUTE)]);
      gone.kill();
      store.pass(HOUR);
      const mortal = store.start({ dieAt });
      await mortal.tells().catch(() => undefined);
      mortal.kill();
      store.pass(MINUTE);
      expect((await all(store.start())).toSorted()).toEqual(["fn-1", "fn-2"]);
    },
  );

  it("only for a while, comes back to another slot, and loses nothing of what it says meanwhile", async () => {
    const store = createStore();
    const late = store.start();
    await late.save("fn-1", 15 * SECOND);
    store.pass(MINUTE);
    const other = store.start();
    expect(await other.tells()).toEqual(["fn-1"]);
    await late.save("fn-2", 15 * SECOND);
    late.kill();
    store.pass(MINUTE);
    expect((await other.tells()).toSorted()).toEqual(["fn-1", "fn-2"]);
  });

  it("as it should be, is followed at once by whoever looks next", async () => {
    const store = createStore();
    const process = store.start();
    await process.save("fn-1", 20 * MINUTE);
    await process.close();
    store.pass(20 * MINUTE + MINUTE);
    expect(await all(store.start())).toEqual(["fn-1"]);
  });
});

it("saves nothing where what is due cannot be written down", async () => {
  const store = createStore();
  const process = store.start({ dieAt: 1 });
  await expect(process.save("fn-1", 15 * SECOND)).rejects.toThrow();
  expect(await store.ledger.load("fn-1")).toEqual({});
});

it("keeps thousands for later on pages of two hundred, and tells each of them once its time has come", async () => {
  const store = createStore();
  const process = store.start();
  const keys = Array.from({ length: 1_000 }, (_, n) => `fn-${n}`);
  for (let n = 0; n < keys.length; n += 50)
    await Promise.all(keys.slice(n, n + 50).map((key) => process.save(key, 15 * MINUTE)));
  const longest = Math.max(...store.puts.flat().map(({ entry }) => JSON.stringify(entry).length));
  expect(longest).toBeLessThan(4_000);
  store.pass(14 * MINUTE);
  expect(await process.tells()).toEqual([]);
  store.pass(2 * MINUTE);
  expect((await all(process)).toSorted()).toEqual(keys.toSorted());
});

it("goes on with the next page where what is on one cannot be looked at", async () => {
  const store = createStore();
  const process = store.start();
  await process.save("fn-stuck", 15 * MINUTE);
  await process.save("fn-other", 17 * MINUTE);
  store.pass(20 * MINUTE);
  expect(await process.tells()).toEqual(["fn-stuck"]);
  expect(await process.tells()).toEqual(["fn-other"]);
  process.looked("fn-other", undefined);
  store.pass(2 * MINUTE);
  expect(await process.tells()).toEqual(["fn-stuck"]);
});

it("has a slot for each of a hundred processes that begin at once", async () => {
  const store = createStore();
  const processes = Array.from({ length: 100 }, () => store.start());
  await Promise.all(processes.map((process, n) => process.save(`fn-${n}`, 15 * SECOND)));
  for (const process of processes) process.kill();
  store.pass(MINUTE);
  expect(await all(store.start())).toHaveLength(100);
});

/** Whose put fails as long as it is told to. */
function failing({ ledger }: ReturnType<typeof createStore>) {
  const switches = { isAway: false };
  const put: Ledger["put"] = async (rows, options) => {
    if (switches.isAway) throw new Error("the store is away");
    return ledger.put(rows, options);
  };
  return { switches, put };
}

/** Whose nth save of one document waits until it is told to go on. */
function waiting({ ledger }: ReturnType<typeof createStore>, of: string, nth = 1) {
  let count = 0;
  const begun = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const save: Ledger["save"] = async (key, entry, options) => {
    if (key === of && ++count === nth) {
      begun.resolve();
      await go.promise;
    }
    return ledger.save(key, entry, options);
  };
  return { begun: begun.promise, go: go.resolve, save };
}

describe("what a process believes to be written down", () => {
  it("is written again where that had failed: a save that comes again rests on it", async () => {
    const store = createStore();
    const { switches, put } = failing(store);
    const process = store.start({ ports: { put } });
    switches.isAway = true;
    await expect(process.save("fn-1", 15 * SECOND)).rejects.toThrow("away");
    switches.isAway = false;
    store.pass(SECOND);
    expect(await process.save("fn-1", 15 * SECOND)).toBeTruthy();
    process.kill();
    store.pass(MINUTE);
    expect(await store.start().tells()).toEqual(["fn-1"]);
  });

  it("for later is not mistaken for sooner, where that had failed", async () => {
    const store = createStore();
    const { switches, put } = failing(store);
    const process = store.start({ ports: { put } });
    switches.isAway = true;
    await expect(process.save("fn-1", HOUR)).rejects.toThrow("away");
    switches.isAway = false;
    await process.save("fn-1", 15 * SECOND);
    store.pass(MINUTE);
    expect(await process.tells()).toEqual(["fn-1"]);
  });

  it("is written again once another has taken it over, and looked at it in vain", async () => {
    const store = createStore();
    const late = store.start();
    await late.save("fn-1", 15 * SECOND);
    store.pass(MINUTE);
    const other = store.start();
    expect(await all(other)).toEqual(["fn-1"]);
    await late.save("fn-1", 15 * SECOND);
    late.kill();
    store.pass(MINUTE);
    expect(await all(other)).toEqual(["fn-1"]);
  });

  it("is written again where it was away before it could save, and another has looked in vain", async () => {
    const store = createStore();
    const { begun, go, save } = waiting(store, "fn-1");
    const late = store.start({ ports: { save } });
    const saved = late.save("fn-1", 15 * SECOND);
    await begun;
    store.pass(MINUTE);
    const other = store.start();
    expect(await all(other)).toEqual(["fn-1"]);
    go();
    expect(await saved).toBeTruthy();
    late.kill();
    store.pass(MINUTE);
    expect(await all(other)).toEqual(["fn-1"]);
  });
});

describe("a save that is under way", () => {
  it("keeps its key, whatever a look finds before it is done", async () => {
    const store = createStore();
    const { begun, go, save } = waiting(store, "fn-1");
    const process = store.start({ ports: { save } });
    const saved = process.save("fn-1", SECOND);
    await begun;
    store.pass(6 * SECOND);
    expect(await process.tells()).toEqual(["fn-1"]);
    process.looked("fn-1", undefined);
    await process.save("fn-2", 15 * SECOND);
    go();
    await saved;
    process.kill();
    store.pass(MINUTE);
    expect(await store.start().tells()).toEqual(["fn-1", "fn-2"]);
  });

  it("keeps its time, where that was to be another once something is written", async () => {
    const store = createStore();
    const { begun, go, save } = waiting(store, "fn-1", 3);
    const process = store.start({ ports: { save } });
    await process.save("fn-1", 15 * SECOND);
    await process.save("fn-1", 20 * HOUR);
    const saved = process.save("fn-1", 16 * SECOND);
    await begun;
    await process.save("fn-2", 15 * SECOND);
    go();
    await saved;
    store.pass(MINUTE);
    expect(await process.tells()).toContain("fn-1");
  });

  it("keeps its time, where another of its document wants a later one", async () => {
    const store = createStore();
    const process = store.start();
    const saved = await Promise.all([process.save("fn-1", 15 * SECOND), process.save("fn-1", HOUR)]);
    expect(saved).toEqual([expect.any(String), false]);
    store.pass(16 * SECOND);
    expect(await process.tells()).toEqual(["fn-1"]);
  });

  it("that has ended is not undone by a look that began before it", async () => {
    const store = createStore();
    const process = store.start();
    await process.save("fn-1", 15 * SECOND);
    store.pass(16 * SECOND);
    expect(await process.tells()).toEqual(["fn-1"]);
    await process.save("fn-1", 15 * SECOND);
    process.looked("fn-1", undefined);
    store.pass(16 * SECOND);
    expect(await process.tells()).toEqual(["fn-1"]);
  });

  it("and of which nobody knows how it ended is looked at once more", async () => {
    const store = createStore();
    const late: (() => Promise<unknown>)[] = [];
    const save: Ledger["save"] = async (...args) => {
      if (args[0] !== "fn-1") return store.ledger.save(...args);
      late.push(() => store.ledger.save(...args));
      throw new Error("no answer");
    };
    const process = store.start({ ports: { save } });
    await expect(process.save("fn-1", 15 * SECOND)).rejects.toThrow("no answer");
    store.pass(16 * SECOND);
    expect(await all(process)).toEqual(["fn-1"]);
    await late[0]?.();
    store.pass(MINUTE);
    expect(await process.tells()).toEqual(["fn-1"]);
  });
});

it("tells what it knows though it cannot write, as when that is too much for the store: else it would never be less", async () => {
  const store = createStore();
  const put: Ledger["put"] = async (rows, options) => {
    if (rows.some(({ entry }) => JSON.stringify(entry).length > 100)) throw new Error("too large");
    return store.ledger.put(rows, options);
  };
  const process = store.start({ ports: { put } });
  const keys = ["fn-1", "fn-2", "fn-3", "fn-4", "fn-5"];
  await Promise.allSettled(keys.map((key) => process.save(key, 15 * SECOND)));
  store.pass(16 * SECOND);
  expect((await all(process)).toSorted()).toEqual(keys);
  expect(await process.save("fn-6", 15 * SECOND)).toBeTruthy();
});

describe("where all slots were of processes that are gone, with something left in each", () => {
  const goneWith = async (store: ReturnType<typeof createStore>, count: number) => {
    for (let n = 0; n < count; n++) {
      const process = store.start();
      await process.save(`fn-${n}`, 15 * SECOND);
      process.kill();
    }
    store.pass(MINUTE);
    return Array.from({ length: count }, (_, n) => `fn-${n}`).toSorted();
  };

  it("the next has one, and takes over all", async () => {
    const store = createStore();
    const keys = await goneWith(store, 32);
    const next = store.start();
    expect((await all(next)).toSorted()).toEqual(keys);
    expect(await store.start().save("fn-new", 15 * SECOND)).toBeTruthy();
  });

  it.each(Array.from({ length: 24 }, (_, at) => at + 1))("dying at step %i leaves all to the next", async (dieAt) => {
    const store = createStore();
    const keys = await goneWith(store, 32);
    const mortal = store.start({ dieAt });
    await mortal.tells().catch(() => undefined);
    mortal.kill();
    store.pass(MINUTE);
    expect((await all(store.start())).toSorted()).toEqual(keys);
  });
});

it("can be asked for all that anybody has written down, pages of days ahead among it, and goes on as if it had not been", async () => {
  const store = createStore();
  const gone = store.start();
  const other = store.start();
  const expected = Array.from({ length: 450 }, (_, nth) => `fn-${nth}`);
  for (const key of expected.slice(0, 300)) await gone.save(key, 25 * HOUR);
  await gone.save("fn-soon", SECOND);
  for (const key of expected.slice(300)) await other.save(key, 25 * HOUR);
  gone.kill();
  const peek = async () =>
    (await store.start().due("fn", { until: 0, most: 1, isPeek: true })).toSorted((one, two) => (one < two ? -1 : 1));
  const told = [...expected, "fn-soon"].toSorted();
  expect(await peek()).toEqual(told);
  expect(await peek()).toEqual(told);
  store.pass(26 * HOUR);
  expect(new Set(await all(store.start()))).toEqual(new Set(told));
});

describe("a process that has gone", () => {
  const MINUTES_10 = 10 * MINUTE;

  it("without a word is noticed by whoever comes, whoever takes over what it had", async () => {
    const store = createStore();
    const process = store.start();
    expect(await process.enter()).toBeUndefined();
    process.kill();
    store.pass(MINUTE);
    const other = store.start();
    const at = await other.enter();
    expect(at).toBeGreaterThan(0);
    await other.tells();
    store.pass(MINUTES_10);
    await other.close();
    // Not later than it was found.
    expect(await store.start().enter()).toBe(at);
  });

  it("in good order is none of these, also where something is left", async () => {
    const store = createStore();
    const process = store.start();
    await process.save("a", HOUR);
    await process.close();
    store.pass(MINUTE);
    const other = store.start();
    expect(await other.enter()).toBeUndefined();
    expect(await all(other)).toEqual([]);
    await other.close();
    store.pass(MINUTE);
    expect(await store.start().enter()).toBeUndefined();
  });

  it("is told of to whoever finds no slot free, and of a store that is away nobody says that all is well", async () => {
    const store = createStore();
    const away = () => Promise.reject(new Error("away"));
    expect(await store.start({ ports: { save: away } }).enter()).toBeUndefined();
    const process = store.start();
    process.kill();
    await expect(process.enter()).rejects.toThrow("died");
  });

  it("is noticed before anything was saved", async () => {
    const store = createStore();
    const process = store.start();
    await process.enter();
    process.kill();
    store.pass(10 * SECOND);
    expect(await store.start().enter()).toBeUndefined();
    store.pass(20 * SECOND);
    expect(await store.start().enter()).toBeGreaterThan(0);
  });
});
