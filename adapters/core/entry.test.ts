import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { compact, EMPTY, type Entry, fromStored, handledIn, withEvent } from "./entry.ts";
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
  function grow(count: number, from: Entry = EMPTY) {
    const rows = new Map<string, number>();
    const events = Array.from({ length: count }, (_, n) => event(n));
    let entry = from;
    let longest = 0;
    for (const [nth, one] of events.entries()) {
      const spilled = spillInbox(withEvent(entry, one));
      for (const { key } of spilled.known) rows.set(key, nth);
      for (const { key } of events.slice(0, nth + 1))
        if (!handledIn(spilled.entry, key)) expect(nth - (rows.get(key) ?? nth)).toBeGreaterThanOrEqual(15);
      entry = spilled.entry;
      longest = Math.max(longest, entry.inbox.length / 45);
    }
    return { entry, longest, rows };
  }

  it("stays short, and forgets nobody who has not had a row for fifteen events", () => {
    const { entry, longest, rows } = grow(500);
    expect(longest).toBeLessThanOrEqual(48);
    expect(entry.spilled).toBe(true);
    expect(rows.size).toBeGreaterThan(450);
  });

  it("says that older ones have rows only when there are some", () => {
    expect([grow(32).entry.rows, grow(33).entry.rows, grow(33).entry.spilled]).toEqual([
      undefined,
      { count: 17, of: 33 },
      undefined,
    ]);
    expect([grow(47).entry.spilled, grow(48).entry.spilled, grow(49).entry.spilled]).toEqual([
      undefined,
      undefined,
      true,
    ]);
  });

  it("becomes short, five hundred at a time, where a build before versions left a long one", () => {
    const seen = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, at) => [randomUUID(), { at, digest: "d".repeat(43), said: [] }]),
    );
    const { known, entry } = spillInbox(withEvent(fromStored({ seen }), event(5_000)));
    expect([known.length, entry.rows]).toEqual([500, { count: 500, of: 5_001 }]);
    let next = entry;
    for (let n = 0; n < 200; n++) next = spillInbox(withEvent(next, event(5_001 + n))).entry;
    expect(next.inbox.length / 45).toBeLessThan(48);
  });
});
