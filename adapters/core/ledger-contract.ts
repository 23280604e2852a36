import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Entry, Ledger } from "./ledger.ts";

/** A store under test. */
export interface LedgerUnderTest {
  readonly ledger: Ledger;
  /** Lets that many ms pass for the store. Left out: the suite waits for real. */
  readonly advance?: (ms: number) => void;
  readonly close: () => Promise<void>;
}

interface ContractOptions {
  /** How long a document of the expiry cases lives, in ms: no less than the store's own unit. */
  readonly ttlMs?: number;
  /** How much longer a store may take to let it expire, in ms. */
  readonly patienceMs?: number;
  /** The store knows nothing of a document that expired, and counts versions from one again: state.redis of Dapr. */
  readonly forgetsVersions?: boolean;
  readonly writers?: number;
  readonly savesPerWriter?: number;
}

const UNSEEN: Entry = { seen: {} };

const FULL: Entry = {
  state: { order: { name: "Zoë 🛒 \u2028 \u0000", total: 2 ** 53 - 1, none: null, nested: [[], {}, ""] } },
  seen: {
    "6f1c6c1e-4f3f-5b52-8d1a-1f7a5a3f0a10": { at: 1_764_000_000_000, digest: "a-_", said: [] },
    "6f1c6c1e-4f3f-5b52-8d1a-1f7a5a3f0a11": {
      at: 1_764_000_000_001,
      digest: "b",
      said: [
        // Key order, spaces and escapes are part of what was said: the same bytes must go out again.
        { topic: "orders", key: "o-1", body: `{ "b":1e2, "a":"\\u00e9é\ud83d\ude00" }${"ß".repeat(32 * 1024)}` },
        {
          ...{ topic: "bills", key: "ü||/#?", body: "{}", traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` },
          tracestate: `a=1 "\\2,${"b".repeat(200)}=${"c".repeat(200)}`,
        },
      ],
    },
  },
  lease: { event: "6f1c6c1e-4f3f-5b52-8d1a-1f7a5a3f0a12", until: 1_764_000_000_002 },
};

/** The one suite that every ledger passes. */
export function describeLedger(
  name: string,
  open: () => LedgerUnderTest | Promise<LedgerUnderTest>,
  {
    ttlMs = 1_000,
    patienceMs = 5_000,
    forgetsVersions = false,
    writers = 8,
    savesPerWriter = 10,
  }: ContractOptions = {},
): void {
  describe(`ledger on ${name}`, () => {
    let store: LedgerUnderTest;
    let ledger: Ledger;
    beforeAll(async () => {
      store = await open();
      ledger = store.ledger;
    });
    afterAll(() => store?.close());

    const newKey = (fn = "order") => `${fn}-${randomUUID()}`;
    const count = (entry: Entry | undefined) => (entry?.state as { count: number } | undefined)?.count ?? 0;

    /** in: nothing stored under the key. out: the version of the first save. */
    async function create(key: string, entry = UNSEEN, ttl?: number) {
      expect(await ledger.save(key, entry, { expected: undefined, ...(ttl ? { ttlMs: ttl } : {}) })).toBe(true);
      const { version } = await ledger.load(key);
      return version as string;
    }

    async function expire(key: string) {
      store.advance?.(ttlMs + 1);
      await vi.waitFor(async () => expect((await ledger.load(key)).entry).toBeUndefined(), {
        timeout: ttlMs + patienceMs,
        interval: 50,
      });
      return ledger.load(key);
    }

    it("has neither entry nor version for what was never saved", async () => {
      expect(await ledger.load(newKey())).toEqual({});
    });

    it.each([
      ["an entry with all its parts, 64 KiB of said bytes exact", FULL],
      ["an entry of nothing", UNSEEN],
      ["a state of each JSON kind", { state: [false, 0, "", null, -0.5, 1e21], seen: {} }],
    ])("gives back %s", async (_what, entry) => {
      const key = newKey();
      await create(key, entry);
      const held = await ledger.load(key);
      expect(held).toEqual({ entry, version: expect.stringMatching(/./) });
    });

    it("replaces the whole document: what the new one lacks is gone", async () => {
      const key = newKey();
      const version = await create(key, FULL);
      expect(await ledger.save(key, UNSEEN, { expected: version })).toBe(true);
      expect((await ledger.load(key)).entry).toEqual(UNSEEN);
    });

    it.each(["billing", "order", "notification", "shipping", "a"])(
      "keeps the documents of %s apart from those of others",
      async (fn) => {
        const id = randomUUID();
        await create(`${fn}-${id}`, { state: fn, seen: {} });
        expect(await ledger.load(`x${fn}-${id}`)).toEqual({});
        expect((await ledger.load(`${fn}-${id}`)).entry?.state).toBe(fn);
      },
    );

    it("refuses a first save where a document is, and leaves that as it was", async () => {
      const key = newKey();
      const version = await create(key, { state: 1, seen: {} });
      expect(await ledger.save(key, { state: 2, seen: {} }, { expected: undefined })).toBe(false);
      expect(await ledger.load(key)).toEqual({ entry: { state: 1, seen: {} }, version });
    });

    it("refuses a save on a version that was replaced, even by an equal document", async () => {
      const key = newKey();
      const version = await create(key);
      expect(await ledger.save(key, UNSEEN, { expected: version })).toBe(true);
      expect(await ledger.save(key, FULL, { expected: version })).toBe(false);
      expect((await ledger.load(key)).entry).toEqual(UNSEEN);
    });

    it.skipIf(forgetsVersions)("refuses a save on a version of a document that is not there", async () => {
      const version = await create(newKey());
      const absent = newKey();
      expect(await ledger.save(absent, UNSEEN, { expected: version })).toBe(false);
      expect((await ledger.load(absent)).entry).toBeUndefined();
    });

    it("lets exactly one of many first saves win", async () => {
      const key = newKey();
      const saves = Array.from({ length: writers }, (_, index) =>
        ledger.save(key, { state: index, seen: {} }, { expected: undefined }),
      );
      const won = await Promise.all(saves);
      expect(won.filter(Boolean)).toHaveLength(1);
      expect((await ledger.load(key)).entry?.state).toBe(won.indexOf(true));
    });

    it("loses no increment of many writers at once", async () => {
      const key = newKey();
      const total = writers * savesPerWriter;
      const write = async () => {
        for (let saved = 0, tries = 0; saved < savesPerWriter; tries++) {
          if (tries > total * 10) throw new Error("a writer never gets through");
          const { entry, version } = await ledger.load(key);
          if (await ledger.save(key, { state: { count: count(entry) + 1 }, seen: {} }, { expected: version })) saved++;
        }
      };
      await Promise.all(Array.from({ length: writers }, write));
      expect(count((await ledger.load(key)).entry)).toBe(total);
    });

    it("forgets a document when its time is over, and not before", async () => {
      const key = newKey();
      await create(key, FULL, ttlMs);
      expect((await ledger.load(key)).entry).toEqual(FULL);
      expect((await expire(key)).entry).toBeUndefined();
    });

    it("takes an expired document again, from one writer only", async () => {
      const key = newKey();
      await create(key, FULL, ttlMs);
      const { version: expected } = await expire(key);
      const won = await Promise.all([
        ledger.save(key, { state: 0, seen: {} }, { expected }),
        ledger.save(key, { state: 1, seen: {} }, { expected }),
      ]);
      expect(won.filter(Boolean)).toHaveLength(1);
      expect((await ledger.load(key)).entry).toEqual({ state: won.indexOf(true), seen: {} });
    });

    it.skipIf(forgetsVersions)(
      "refuses whoever read a document before it expired and another took it again",
      async () => {
        const key = newKey();
        const version = await create(key, FULL, ttlMs);
        const { version: expected } = await expire(key);
        expect(await ledger.save(key, UNSEEN, { expected })).toBe(true);
        expect(await ledger.save(key, FULL, { expected: version })).toBe(false);
        expect((await ledger.load(key)).entry).toEqual(UNSEEN);
      },
    );

    it("keeps a document for ever once it is saved without a time, and shortens one that gets a time", async () => {
      const [kept, ending] = [newKey(), newKey()];
      const version = await create(kept, UNSEEN, ttlMs);
      expect(await ledger.save(kept, FULL, { expected: version })).toBe(true);
      const other = await create(ending);
      expect(await ledger.save(ending, UNSEEN, { expected: other, ttlMs })).toBe(true);
      await expire(ending);
      expect((await ledger.load(kept)).entry).toEqual(FULL);
    });

    it("throws for a call that was aborted before, and saves nothing", async () => {
      const key = newKey();
      const signal = AbortSignal.abort();
      await expect(ledger.save(key, FULL, { expected: undefined, signal })).rejects.toThrow();
      await expect(ledger.load(key, { signal })).rejects.toThrow();
      expect(await ledger.load(key)).toEqual({});
    });
  });
}
