import { hash, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { createMemoryLedger } from "../../core/ledger/memory-ledger.ts";
import { toLetter } from "./letter.ts";
import type { Store } from "./letter-index.ts";
import { createLetters, type Letters } from "./letters.ts";

const NOW = Date.parse("2026-11-28T12:00:00Z");
const HOUR = 3_600_000;

interface Dead {
  readonly n: number;
  readonly code?: string;
  readonly fn?: string;
  readonly bytes?: number;
}

function deadOf({ n, code = "schema", fn = "billing", bytes = 0 }: Dead) {
  const letter = {
    ...{ specversion: "1.0", id: `e-${n}`, source: "/s", type: "t.v1", data: "x".repeat(bytes) },
    ...{ deadcode: code, deadreason: "is wrong", deadfunction: fn, deadtopic: "orders" },
    deadtime: new Date(NOW + n * 1_000).toISOString(),
  };
  const body = Buffer.from(JSON.stringify(letter));
  return { body, letter: toLetter({ bytes: body }, { now: NOW }) };
}

const keep = (letters: Letters, dead: Dead) => {
  const { letter, body } = deadOf(dead);
  return letters.keep(letter, body);
};

const allOf = async (letters: Letters) => {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await letters.list({ cursor, limit: 50 });
    found.push(...page.letters.map(({ eventId }) => eventId));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
};
const ids = (count: number) => Array.from({ length: count }, (_, n) => `e-${n}`);

it("the same letter is one, however often it comes", async () => {
  const letters = createLetters(createMemoryLedger());
  for (let time = 0; time < 3; time++) await keep(letters, { n: 0 });
  expect((await letters.groups({})).total).toBe(1);
  expect(await allOf(letters)).toEqual(["e-0"]);
});

it("letters of one function, code, reason and topic are one line, the largest first", async () => {
  const letters = createLetters(createMemoryLedger());
  for (let n = 0; n < 5; n++) await keep(letters, { n, ...(n === 2 ? { code: "size" } : {}) });
  const group = { function: "billing", reason: "is wrong", topic: "orders" };
  const time = (n: number) => new Date(NOW + n * 1_000).toISOString();
  expect(await letters.groups({})).toEqual({
    total: 5,
    groups: [
      { ...group, code: "schema", count: 4, first: time(0), last: time(4), digest: deadOf({ n: 4 }).letter.digest },
      { ...group, code: "size", count: 1, first: time(2), last: time(2), digest: expect.any(String) },
    ],
  });
});

it("reasons that differ in numbers, ids and what they quote are one kind, and the same ones are shown as they are", async () => {
  const letters = createLetters(createMemoryLedger());
  const reasons = ["failed 4 times in 9 s", "failed 17 times in 90 s", "data.to: is required", "data.to: is required"];
  for (const [n, reason] of reasons.entries()) {
    const { letter, body } = deadOf({ n });
    await letters.keep({ ...letter, reason }, body);
  }
  const { groups } = await letters.groups({});
  expect(groups.map(({ reason, count }) => [reason, count]).toSorted()).toEqual([
    ["data.to: is required", 2],
    ["failed … times in … s", 2],
  ]);
  expect((await letters.list({ limit: 10 })).letters.map(({ reason }) => reason).toSorted()).toEqual(
    reasons.toSorted(),
  );
});

it.each([
  ["function", { function: "shipping" }, ["e-1"]],
  ["code", { code: "size" }, ["e-2"]],
  ["topic", { topic: "bills" }, []],
  ["since", { since: NOW + 2_000 }, ["e-2", "e-3"]],
  ["nothing", {}, ["e-0", "e-1", "e-2", "e-3"]],
])("lists and groups what is asked for by %s", async (_, filter, wanted) => {
  const letters = createLetters(createMemoryLedger());
  for (const n of [0, 3]) await keep(letters, { n });
  await keep(letters, { n: 1, fn: "shipping" });
  await keep(letters, { n: 2, code: "size" });
  const { letters: found, cursor } = await letters.list({ ...filter, limit: 10 });
  expect(found.map(({ eventId }) => eventId).toSorted()).toEqual(wanted);
  expect(cursor).toBeUndefined();
  expect((await letters.groups(filter)).total).toBe(wanted.length);
});

it("a list goes on where the one before ended, and tells each letter once, also while others come and go", async () => {
  const letters = createLetters(createMemoryLedger());
  for (let n = 0; n < 150; n++) await keep(letters, { n });
  expect((await allOf(letters)).toSorted()).toEqual(ids(150).toSorted());
});

it.each([
  ["nothing", 0],
  ["a few bytes", 100],
  ["more than fits beside what is known of it", 100_000],
  ["more than a sidecar takes at once", 5_000_000],
])(
  "gives back every byte of a letter with %s, by the beginning of its digest, until it is taken out",
  async (_, bytes) => {
    const store = createMemoryLedger();
    const letters = createLetters(store);
    const { letter, body } = deadOf({ n: 1, bytes });
    await keep(letters, { n: 1, bytes });
    const [kept, ...more] = await letters.find(letter.digest.slice(0, 8));
    expect([kept?.letter, more]).toEqual([letter, []]);
    expect((await kept?.body())?.equals(body)).toBe(true);
    await letters.remove(letter.digest);
    expect(await letters.find(letter.digest)).toEqual([]);
    expect(await letters.groups({})).toEqual({ total: 0, groups: [] });
    // It may come again.
    await keep(letters, { n: 1, bytes });
    const [again] = await letters.find(letter.digest);
    expect((await again?.body())?.equals(body)).toBe(true);
  },
);

/** A store that writes down what lies in it. */
function watched(store: Ledger = createMemoryLedger()) {
  const sizes = new Map<string, number>();
  return {
    sizes,
    store: {
      ...store,
      save: (key, entry, options) => {
        sizes.set(key, options.ttlMs === undefined ? JSON.stringify(entry).length : 0);
        return store.save(key, entry, options);
      },
    } satisfies Store,
  };
}

it("no page has more than 200 entries, no document grows, and nothing is left of what is taken out", async () => {
  const { store, sizes } = watched();
  const letters = createLetters(store);
  // All in one bucket: what a hundred thousand would be.
  const all = Array.from({ length: 450 }, (_, n) => {
    const { letter, body } = deadOf({ n });
    return { letter: { ...letter, digest: `00${letter.digest.slice(2)}` }, body };
  });
  for (const { letter, body } of all) await letters.keep(letter, body);
  expect([...sizes.keys()].filter((key) => key.startsWith("index-")).toSorted()).toEqual([
    ...["index-00", "index-00-1", "index-00-2"],
  ]);
  expect(Math.max(...sizes.values())).toBeLessThan(200 * 110);
  expect((await letters.groups({})).total).toBe(450);
  for (const { letter } of all) await letters.remove(letter.digest);
  expect((await letters.groups({})).total).toBe(0);
  // How many pages there have been, and nothing else.
  expect([...sizes].filter(([, size]) => size > 0)).toEqual([
    ["index-00", JSON.stringify({ groups: [], letters: [], pages: 3 }).length],
  ]);
});

/** A store whose process dies at the call of that number, before or after it is done. */
function dying(store: Store, at: number, isAfter: boolean): Store {
  let calls = 0;
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    const isLast = ++calls === at;
    if (calls > at || (isLast && !isAfter)) throw new Error("dead");
    const done = await work();
    if (isLast) throw new Error("dead");
    return done;
  };
  return {
    load: (...args) => call(() => store.load(...args)),
    loadAll: (...args) => call(() => store.loadAll(...args)),
    save: (...args) => call(() => store.save(...args)),
  };
}

describe.each([
  { size: "small", bytes: 10 },
  { size: "in parts", bytes: 3_000_000 },
])("a $size letter", ({ bytes }) => {
  it.each([false, true])(
    "is kept and listed once, at whatever call its keeper dies (after it is done: %s)",
    async (isAfter) => {
      for (let at = 1, isDead = true; isDead; at++) {
        const store = createMemoryLedger();
        const { letter, body } = deadOf({ n: 0, bytes });
        isDead = await createLetters(dying(store, at, isAfter))
          .keep(letter, body)
          .then(
            () => false,
            () => true,
          );
        const letters = createLetters(store);
        // Its broker has it still.
        if (isDead) await letters.keep(letter, body);
        const [kept] = await letters.find(letter.digest);
        expect((await kept?.body())?.equals(body)).toBe(true);
        expect((await letters.groups({})).total).toBe(1);
      }
    },
  );

  it.each([false, true])(
    "is there or gone, and never lost to sight, at whatever call its removal dies (after it is done: %s)",
    async (isAfter) => {
      for (let at = 1, isDead = true; isDead; at++) {
        let now = NOW;
        const store = createMemoryLedger({ now: () => now });
        const { letter, body } = deadOf({ n: 0, bytes });
        await createLetters(store).keep(letter, body);
        isDead = await createLetters(dying(store, at, isAfter))
          .remove(letter.digest)
          .then(
            () => false,
            () => true,
          );
        const letters = createLetters(store);
        const [kept] = await letters.find(letter.digest);
        const { letters: listed } = await letters.list({ limit: 10 });
        expect(listed).toEqual(kept ? [letter] : []);
        // A list takes out what such a removal has left.
        expect((await letters.groups({})).total).toBe(listed.length);
        if (kept) await letters.remove(letter.digest);
        now += 2 * HOUR;
        expect((await letters.groups({})).total).toBe(0);
        await letters.keep(letter, body);
        const [again] = await letters.find(letter.digest);
        expect((await again?.body())?.equals(body)).toBe(true);
      }
    },
  );
});

it("several replicas at once lose none, and find none twice, while letters come twice and are taken out", async () => {
  for (let round = 0; round < 20; round++) {
    const store = slowed(createMemoryLedger(), round);
    const replicas = Array.from({ length: 3 }, () => createLetters(store));
    const dead = ids(12).map((_, n) => {
      const { letter, body } = deadOf({ n, bytes: n % 4 === 0 ? 9_000 : 10 });
      return { letter: { ...letter, digest: `07${letter.digest.slice(2)}` }, body };
    });
    const retried = async (work: () => Promise<unknown>) => {
      for (;;)
        if (
          await work().then(
            () => true,
            () => false,
          )
        )
          return;
    };
    await Promise.all(
      replicas.flatMap((letters) => dead.map(({ letter, body }) => retried(() => letters.keep(letter, body)))),
    );
    expect((await replicas[0]?.groups({}))?.total).toBe(12);
    // Some go, and of these some come again at the same time.
    await Promise.all([
      ...dead.slice(0, 8).map(({ letter }) => retried(async () => replicas[0]?.remove(letter.digest))),
      ...dead.slice(4, 8).map(({ letter, body }) => retried(async () => replicas[1]?.keep(letter, body))),
      retried(async () => replicas[2]?.list({ limit: 50 })),
    ]);
    const [letters] = replicas as [Letters];
    const { letters: listed } = await letters.list({ limit: 50 });
    for (const [n, { letter }] of dead.entries()) {
      const [kept] = await letters.find(letter.digest);
      const isListed = listed.some(({ digest }) => digest === letter.digest);
      expect([n, isListed]).toEqual([n, n < 4 ? false : n >= 8 ? true : kept !== undefined]);
    }
    expect((await letters.groups({})).total).toBe(listed.length);
  }
});

/** A store whose calls take from none to a few turns of the event loop, by chance. */
function slowed(store: Store, seed: number): Store {
  let state = seed + 1;
  const wait = async () => {
    state = (state * 48_271) % 2_147_483_647;
    for (let turns = state % 4; turns > 0; turns--) await new Promise(setImmediate);
  };
  const slow = async <T>(work: () => Promise<T>): Promise<T> => {
    await wait();
    const done = await work();
    await wait();
    return done;
  };
  return {
    load: (...args) => slow(() => store.load(...args)),
    loadAll: (...args) => slow(() => store.loadAll(...args)),
    save: (...args) => slow(() => store.save(...args)),
  };
}

it("tells letters apart by their bytes alone", () => {
  const bytes = randomBytes(100);
  expect(toLetter({ bytes }, { now: NOW }).digest).toBe(hash("sha256", bytes, "hex"));
});
