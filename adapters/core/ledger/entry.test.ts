import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { compact, EMPTY, fromStored, handledIn, withEvent } from "./entry.ts";
import type { Ledger } from "./ledger.ts";
import { spillInbox } from "./tidy.ts";

const UUIDS = Array.from({ length: 5 }, (_, n) => `6f1c6c1e-4f3f-5b52-8d1a-1f7a5a3f0a1${n}`);
const SAID = [{ topic: "t", key: "k", body: "{}" }];
const event = (n: number, { talks = false } = {}) => ({
  key: compact(randomUUID()),
  digest: String(n).padStart(22, "d"),
  own: { at: n, said: talks ? SAID : [] },
  later: {},
});

describe("a document of a build before versions", () => {
  const seen = Object.fromEntries(
    UUIDS.map((key, n) => [key, { at: 10 - n, digest: `${n}`.repeat(43), said: n % 2 ? SAID : [] }]),
  );

  it("is read with all that it knows, the oldest first", () => {
    const lease = { event: UUIDS[0] as string, until: 7 };
    const entry = fromStored({ state: { a: 1 }, seen, lease });
    expect({ ...entry, inbox: entry.inbox.match(/.{45}/g) }).toEqual({
      v: 1,
      state: { a: 1 },
      inbox: [4, 3, 2, 1, 0].map((n) => `${compact(UUIDS[n] as string)}${`${n}`.repeat(22)}${n % 2 ? "+" : "-"}`),
      outbox: {
        [compact(UUIDS[1] as string)]: { at: 9, said: SAID },
        [compact(UUIDS[3] as string)]: { at: 7, said: SAID },
      },
      lease,
    });
  });

  it("has nothing where it had nothing", () => {
    expect(fromStored({ seen: {} })).toEqual(EMPTY);
    expect(fromStored(undefined)).toEqual(EMPTY);
  });
});

it.each([{ v: 2, inbox: "" }, { v: "1" }, {}])(
  "waits for a build that knows %j, instead of overwriting it",
  (entry) => {
    expect(() => fromStored(entry)).toThrow(expect.objectContaining({ step: "newer" }));
  },
);

it("finds an event only where its key is, not across two", () => {
  const [one, other] = [event(1), event(2, { talks: true })];
  const entry = withEvent(withEvent(EMPTY, one), other);
  expect(handledIn(entry, one.key)).toEqual({ digest: one.digest, talks: false });
  expect(handledIn(entry, other.key)).toEqual({ digest: other.digest, talks: true });
  for (let at = 1; at < entry.inbox.length - 22; at++)
    if (at % 45 !== 0) expect(handledIn(entry, entry.inbox.slice(at, at + 22))).toBeUndefined();
});

describe("an inbox that grows", () => {
  /** What a ledger holds of a subject after so many events. */
  function grow(count: number, ledger: Pick<Ledger, "readsInOrder"> = {}) {
    const rows = new Map<string, number>();
    const events = Array.from({ length: count }, (_, n) => event(n));
    let entry = EMPTY;
    let longest = 0;
    for (const [nth, one] of events.entries()) {
      const spilled = spillInbox(withEvent(entry, one), ledger);
      for (const { key } of spilled.known) rows.set(key, nth);
      expect(rows.has(one.key)).toBe(false);
      for (const { key } of events.slice(0, nth + 1))
        if (!handledIn(spilled.entry, key))
          expect(nth - (rows.get(key) ?? Infinity)).toBeGreaterThanOrEqual(ledger.readsInOrder ? 0 : 16);
      entry = spilled.entry;
      longest = Math.max(longest, entry.inbox.length / 45);
    }
    return { entry, longest, rows };
  }

  it.each<[what: string, ledger: Pick<Ledger, "readsInOrder">, longest: number]>([
    ["forgets nobody who has not had a row for sixteen events", {}, 32],
    ["forgets nobody who has no row, where rows are read after it", { readsInOrder: true }, 16],
  ])("stays short, and %s; none is given to the event in hand", (_what, ledger, most) => {
    const { entry, longest, rows } = grow(500, ledger);
    expect(longest).toBe(most);
    expect(entry.spilled).toBe(true);
    expect(rows.size).toBeGreaterThan(480);
  });

  it("says that older ones have rows only when there are some", () => {
    expect([grow(16).entry.rows, grow(17).entry.rows, grow(17).entry.spilled]).toEqual([
      undefined,
      { count: 16, of: 17 },
      undefined,
    ]);
    expect([grow(31).entry.spilled, grow(32).entry.spilled, grow(33).entry.spilled]).toEqual([
      undefined,
      undefined,
      true,
    ]);
    const inOrder = { readsInOrder: true } as const;
    expect([grow(16, inOrder).entry.spilled, grow(17, inOrder).entry.spilled]).toEqual([undefined, true]);
  });

  it("becomes short, five hundred at a time, where a build before versions left a long one", () => {
    const seen = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, at) => [randomUUID(), { at, digest: "d".repeat(43), said: [] }]),
    );
    const { known, entry } = spillInbox(withEvent(fromStored({ seen }), event(5_000)), {});
    expect([known.length, entry.rows]).toEqual([500, { count: 500, of: 5_001 }]);
    let next = entry;
    for (let n = 0; n < 200; n++) next = spillInbox(withEvent(next, event(5_001 + n)), {}).entry;
    expect(next.inbox.length / 45).toBeLessThanOrEqual(32);
  });
});
