import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { dispatch } from "../dispatch/dispatch.ts";
import type { Ports } from "../dispatch/ports.ts";
import { prepare } from "../dispatch/prepare.ts";
import { functionOf, heard } from "../dispatch/test-function.ts";
import { subjectDocumentKey } from "../event/ids.ts";
import type { Said } from "../relay/publish.ts";
import { type Document, type Ledger, MOST_ROWS, type Row } from "./ledger.ts";
import { marksOf } from "./marks.ts";

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
  /** The store tells what is due. */
  readonly hasAgenda?: boolean;
  readonly writers?: number;
  readonly savesPerWriter?: number;
}

/** A document that a store refuses for its size alone is larger than any test makes. */
const LARGEST = 4 * 1024 * 1024;

/** Longer than any case takes. */
const LONG_MS = 3_600_000;

/** A minute after the event of `heard`. */
const NOW = Date.parse("2026-11-25T10:00:00Z");

const UNSEEN: Document = { seen: {} };

const FULL: Document = {
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
    hasAgenda = false,
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
    const newKeys = (count: number) => Array.from({ length: count }, () => newKey());
    const count = (entry: Document | undefined) => (entry?.state as { count: number } | undefined)?.count ?? 0;
    const toRow = (key: string, { entry = UNSEEN, ttl = LONG_MS }: { entry?: Document; ttl?: number } = {}): Row => ({
      ...{ key, entry, ttlMs: ttl },
    });

    /** in: nothing stored under the key. out: the version of the first save. */
    async function create(key: string, entry = UNSEEN, ttl?: number) {
      const saved = await ledger.save(key, entry, { expected: undefined, ...(ttl ? { ttlMs: ttl } : {}) });
      expect(saved).toBeTruthy();
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
      expect(await ledger.save(key, UNSEEN, { expected: version })).toBeTruthy();
      expect((await ledger.load(key)).entry).toEqual(UNSEEN);
    });

    it("says the version that a save has made, where it says one, so that the next need not load", async () => {
      const key = newKey();
      const first = await ledger.save(key, UNSEEN, { expected: undefined });
      const { version } = await ledger.load(key);
      expect([true, version]).toContain(first);
      const second = await ledger.save(key, FULL, { expected: version });
      const { version: replaced } = await ledger.load(key);
      expect([true, replaced]).toContain(second);
      expect(replaced).not.toBe(version);
    });

    it.each<[what: string, of: string]>([
      ["letters", "x"],
      ["letters of two bytes", "é"],
      ["letters of four bytes", "😀"],
      ["quotes, two bytes each in JSON", '"'],
      ["brackets, which some encoders lengthen", "<"],
    ])("takes a document of the size that it names, made of %s", async (_what, of) => {
      const key = newKey();
      const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
      const room = Math.min(ledger.maxBytes, LARGEST) - bytes({ state: "" });
      const each = bytes(of) - bytes("");
      const entry = { state: of.repeat(Math.floor(room / each)) + "x".repeat(room % each) };
      await create(key, entry);
      // Not by toEqual, which would print it.
      expect((await ledger.load(key)).entry?.state === entry.state).toBe(true);
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
      expect(await ledger.save(key, UNSEEN, { expected: version })).toBeTruthy();
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
      expect((await ledger.load(key)).entry?.state).toBe(won.findIndex(Boolean));
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
      expect((await ledger.load(key)).entry).toEqual({ state: won.findIndex(Boolean), seen: {} });
    });

    it.skipIf(forgetsVersions)(
      "refuses whoever read a document before it expired and another took it again",
      async () => {
        const key = newKey();
        const version = await create(key, FULL, ttlMs);
        const { version: expected } = await expire(key);
        expect(await ledger.save(key, UNSEEN, { expected })).toBeTruthy();
        expect(await ledger.save(key, FULL, { expected: version })).toBe(false);
        expect((await ledger.load(key)).entry).toEqual(UNSEEN);
      },
    );

    it("keeps a document for ever once it is saved without a time, and shortens one that gets a time", async () => {
      const [kept, ending] = [newKey(), newKey()];
      const version = await create(kept, UNSEEN, ttlMs);
      expect(await ledger.save(kept, FULL, { expected: version })).toBeTruthy();
      const other = await create(ending);
      expect(await ledger.save(ending, UNSEEN, { expected: other, ttlMs })).toBeTruthy();
      await expire(ending);
      expect((await ledger.load(kept)).entry).toEqual(FULL);
    });

    it("loads as many as one call may name, each in its place: absent, expired and kept ones", async () => {
      const keys = newKeys(MOST_ROWS);
      const kept = keys.filter((_, index) => index % 3 === 0);
      const [, expiring = ""] = keys;
      for (const [index, key] of kept.entries()) await create(key, { state: index });
      await create(expiring, UNSEEN, ttlMs);
      await expire(expiring);
      const held = await ledger.loadAll(keys);
      expect(held.map(({ entry }) => entry)).toEqual(
        keys.map((key) => (kept.includes(key) ? { state: kept.indexOf(key) } : undefined)),
      );
      expect(held).toEqual(await Promise.all(keys.map((key) => ledger.load(key))));
      expect(await ledger.loadAll(keys.toReversed())).toEqual(held.toReversed());
    });

    it("loads what one call of several gives just as alone, 64 KiB exact", async () => {
      const keys = newKeys(2);
      for (const key of keys) await create(key, FULL);
      const version = expect.stringMatching(/./);
      expect(await ledger.loadAll(keys)).toEqual(keys.map(() => ({ entry: FULL, version })));
      expect(await ledger.loadAll(keys.slice(0, 1))).toEqual([{ entry: FULL, version }]);
    });

    it("has nothing to load or to put where nothing is named", async () => {
      expect(await ledger.loadAll([])).toEqual([]);
      await ledger.put([]);
    });

    it("puts as many rows as one call may name, and forgets each when its own time is over", async () => {
      const keys = newKeys(MOST_ROWS);
      const isShort = (index: number) => index % 2 === 0;
      const entries: readonly Document[] = keys.map((key, index) => (index < 2 ? FULL : { key, index }));
      await ledger.put(
        keys.map((key, index) =>
          toRow(key, { entry: entries[index] ?? UNSEEN, ttl: isShort(index) ? ttlMs : LONG_MS }),
        ),
      );
      const held = await ledger.loadAll(keys);
      expect(held.map(({ entry }) => entry)).toEqual(entries);
      expect(held).toEqual(await Promise.all(keys.map((key) => ledger.load(key))));
      for (const key of keys.filter((_, index) => isShort(index))) await expire(key);
      const left = await ledger.loadAll(keys);
      expect(left.map(({ entry }) => entry)).toEqual(
        entries.map((entry, index) => (isShort(index) ? undefined : entry)),
      );
    });

    it("puts and loads more than a sidecar takes at once", async () => {
      const keys = newKeys(MOST_ROWS);
      const entry = { said: "é".repeat(100_000) };
      await ledger.put(keys.map((key) => toRow(key, { entry })));
      const held = await ledger.loadAll(keys);
      expect(held.map((one) => one.entry?.said === entry.said)).toEqual(keys.map(() => true));
    });

    it("puts over what a put has left: a repetition, another document, an expired one", async () => {
      const [same, other, expired] = [newKey(), newKey(), newKey()];
      const rows = [toRow(same, { entry: FULL }), toRow(other), toRow(expired, { ttl: ttlMs })];
      await ledger.put(rows);
      await expire(expired);
      await ledger.put([toRow(same, { entry: FULL }), toRow(other, { entry: { what: "is new" } }), toRow(expired)]);
      const held = await ledger.loadAll([same, other, expired]);
      expect(held.map(({ entry }) => entry)).toEqual([FULL, { what: "is new" }, UNSEEN]);
    });

    it("keeps a row for as long as the last put says", async () => {
      const [longer, shorter] = [newKey(), newKey()];
      await ledger.put([toRow(longer, { ttl: ttlMs }), toRow(shorter)]);
      await ledger.put([toRow(longer), toRow(shorter, { ttl: ttlMs })]);
      await expire(shorter);
      expect((await ledger.load(longer)).entry).toEqual(UNSEEN);
    });

    it("lets many put the same rows at once", async () => {
      const keys = newKeys(3);
      const rows = keys.map((key) => toRow(key, { entry: { key } }));
      await Promise.all(Array.from({ length: writers }, () => ledger.put(rows)));
      expect((await ledger.loadAll(keys)).map(({ entry }) => entry)).toEqual(keys.map((key) => ({ key })));
    });

    it("leaves documents as they are where rows are put beside them, and rows where documents are saved", async () => {
      const [saved, row] = [newKey(), newKey()];
      const version = await create(saved, FULL);
      await ledger.put([toRow(row, { entry: { row: 1 } })]);
      expect(await ledger.loadAll([row, saved])).toMatchObject([{ entry: { row: 1 } }, { entry: FULL, version }]);
      expect(await ledger.save(saved, UNSEEN, { expected: version })).toBeTruthy();
      expect((await ledger.loadAll([saved, row])).map(({ entry }) => entry)).toEqual([UNSEEN, { row: 1 }]);
    });

    it("goes on with a document of a build before versions: its state, its events, its rows", async () => {
      const about = randomUUID();
      const said = (n: number): readonly Said[] => [{ topic: "one", key: about, body: `{ "n":${n}, "a":"\\u00e9é" }` }];
      const fn = functionOf((_event, state) => ({ state: `${state}!` }), { keeps: "state" });
      const event = (n: number): CloudEvent => ({ ...heard, id: `e-${n}`, subject: about, data: { about } });
      const documentKey = subjectDocumentKey(fn, about);
      const old = Array.from({ length: 40 }, (_, n) => {
        const { eventKey, digest } = prepare(fn, event(n), { now: () => NOW });
        return [eventKey, { at: NOW + n, digest, said: said(n) }];
      });
      await create(documentKey, { state: "before", seen: Object.fromEntries(old) });
      const heardAgain: Said[] = [];
      const ports: Ports = {
        ...{ ledger, now: () => NOW, deadlineMs: 30_000, leaseMs: 60_000 },
        publish: async (events) => void heardAgain.push(...events),
      };
      const deliver = (n: number) => dispatch(fn, { event: event(n) }, ports);
      for (let n = 39; n < 57; n++)
        expect(await deliver(n)).toMatchObject({ kind: "ack", how: n < 40 ? "duplicate" : "handled" });
      expect(heardAgain).toEqual(said(39));
      const { entry } = await ledger.load(documentKey);
      expect(entry).toMatchObject({ v: 1, state: `before${"!".repeat(17)}`, spilled: true });
      // Of the inbox, of a row, of the outbox: 39 was said just now.
      for (const n of [0, 39, 56]) expect(await deliver(n)).toEqual({ kind: "ack", how: "duplicate" });
      expect(heardAgain).toEqual([...said(39), ...said(0)]);
      await marksOf(ports).flush();
    });

    describe.runIf(hasAgenda)("an agenda", () => {
      const HOUR_MS = 3_600_000;
      const most = 1_000;
      const newFunction = () => `f${randomUUID().slice(0, 8)}`;
      const tell = async (of: string, options: { readonly until?: number; readonly most?: number } = {}) =>
        ledger.due?.(of, { until: NOW, most, ...options });
      const sorted = (keys: readonly string[] = []) => keys.toSorted();

      /** out: the key of a document that is due then, or never */
      async function date(of: string, at: number | undefined, { ttl = LONG_MS, key = newKey(of) } = {}) {
        const due = at === undefined ? {} : { due: { of, at } };
        const { version: expected } = await ledger.load(key);
        expect(await ledger.save(key, UNSEEN, { expected, ttlMs: ttl, ...due })).toBeTruthy();
        return key;
      }

      it("tells what is due by then, and neither what is due later nor what has no date", async () => {
        const of = newFunction();
        const due = [await date(of, NOW - 1), await date(of, NOW)];
        const later = await date(of, NOW + 1);
        await date(of, undefined);
        expect(sorted(await tell(of))).toEqual(sorted(due));
        expect(sorted(await tell(of, { until: NOW + 1 }))).toEqual(sorted([...due, later]));
        expect(await tell(of, { until: NOW - 2 })).toEqual([]);
      });

      it("has nothing due of a function that never saved", async () => {
        expect(await tell(newFunction())).toEqual([]);
      });

      it("tells the earliest first, and no more than it is asked for", async () => {
        const of = newFunction();
        const hours = [5, 2, 9, 0, 7, 3, 8, 1, 6, 4];
        const keys = new Map<number, string>();
        for (const hour of hours) keys.set(hour, await date(of, NOW - hour * HOUR_MS));
        const earliest = [...keys].toSorted(([one], [other]) => other - one).map(([, key]) => key);
        expect(await tell(of)).toEqual(earliest);
        expect(await tell(of, { most: 3 })).toEqual(earliest.slice(0, 3));
      });

      it("tells a document at the time that the last save says, and not where that says none", async () => {
        const of = newFunction();
        const key = await date(of, NOW);
        await date(of, NOW + HOUR_MS, { key });
        expect(await tell(of)).toEqual([]);
        expect(await tell(of, { until: NOW + HOUR_MS })).toEqual([key]);
        await date(of, NOW - HOUR_MS, { key });
        expect(await tell(of)).toEqual([key]);
        await date(of, undefined, { key });
        expect(await tell(of, { until: NOW + HOUR_MS })).toEqual([]);
      });

      it("tells of one function only, and not of others whose name begins or ends with its own", async () => {
        const of = newFunction();
        const names = [of, `${of}s`, `a${of}`, `${of}-${of}`];
        const keys = await Promise.all(names.map((name) => date(name, NOW)));
        for (const [index, name] of names.entries()) expect(await tell(name)).toEqual([keys[index]]);
      });

      it("leaves the date as it was where a save is refused", async () => {
        const of = newFunction();
        const key = await date(of, NOW);
        const refused = { expected: undefined, ttlMs: LONG_MS };
        expect(await ledger.save(key, FULL, refused)).toBe(false);
        expect(await ledger.save(key, FULL, { ...refused, due: { of, at: NOW + HOUR_MS } })).toBe(false);
        expect(await tell(of)).toEqual([key]);
        const dateless = await date(of, undefined);
        expect(await ledger.save(dateless, FULL, { ...refused, due: { of, at: NOW } })).toBe(false);
        expect(await tell(of)).toEqual([key]);
      });

      it("is rid of a document that has expired, which it may still tell of, by a save without a date", async () => {
        const of = newFunction();
        const [expiring, kept] = [await date(of, NOW - 1, { ttl: ttlMs }), await date(of, NOW)];
        const { version } = await expire(expiring);
        expect((await tell(of))?.filter((key) => key !== expiring)).toEqual([kept]);
        expect(await ledger.save(expiring, UNSEEN, { expected: version, ttlMs })).toBeTruthy();
        expect(await tell(of)).toEqual([kept]);
      });

      it("tells 200 at once, or page by page where each that is told is looked at", async () => {
        const of = newFunction();
        const keys: string[] = [];
        for (let tens = 0; tens < 20; tens++)
          keys.push(...(await Promise.all(Array.from({ length: 10 }, (_, one) => date(of, NOW - tens * 10 - one)))));
        expect(sorted(await tell(of))).toEqual(sorted(keys));
        const seen: string[] = [];
        for (let page = await tell(of, { most: 60 }); page?.length; page = await tell(of, { most: 60 })) {
          expect(page.length).toBeLessThanOrEqual(60);
          seen.push(...page);
          await Promise.all(page.map((key) => date(of, undefined, { key })));
        }
        expect(sorted(seen)).toEqual(sorted(keys));
      });

      it("throws for a call that was aborted before", async () => {
        const signal = AbortSignal.abort();
        await expect(ledger.due?.("order", { until: NOW, most, signal })).rejects.toThrow();
      });
    });

    it("throws for a call that was aborted before, and saves nothing", async () => {
      const key = newKey();
      const signal = AbortSignal.abort();
      await expect(ledger.save(key, FULL, { expected: undefined, signal })).rejects.toThrow();
      await expect(ledger.put([toRow(key)], { signal })).rejects.toThrow();
      await expect(ledger.load(key, { signal })).rejects.toThrow();
      await expect(ledger.loadAll([key], { signal })).rejects.toThrow();
      expect(await ledger.load(key)).toEqual({});
    });
  });
}
