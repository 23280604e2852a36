import { expect, it } from "vitest";
import { type Entry, type Outgoing, WIDTH } from "./entry.ts";
import { marksOf } from "./marks.ts";
import { createMemoryLedger } from "./memory-ledger.ts";
import { tidy } from "./tidy.ts";
import { isUntidy } from "./untidy.ts";

const NOW = Date.parse("2026-11-25T10:00:00Z");
const DAY = 24 * 60 * 60 * 1_000;

const inboxOf = (events: number): string =>
  Array.from({ length: events }, (_, nth) => String(nth).padEnd(WIDTH, "x")).join("");

interface Kept {
  readonly events: number;
  readonly characters?: number;
  /** Of the oldest. */
  readonly ageMs?: number;
}

function outboxOf({ events, characters = 2, ageMs = 0 }: Kept): Pick<Entry, "outbox"> {
  const one = (at: number): Outgoing => ({ at, said: [{ topic: "t", key: "k", body: "x".repeat(characters) }] });
  const pairs = Array.from({ length: events }, (_, nth) => [`e-${nth}`, one(nth === 0 ? NOW - ageMs : NOW)] as const);
  return { outbox: Object.fromEntries(pairs) };
}

it.each<[what: string, entry: Partial<Entry>, isUntidy: boolean]>([
  ["nothing", {}, false],
  ["16 events", { inbox: inboxOf(16) }, false],
  ["17 events", { inbox: inboxOf(17) }, true],
  ["16 with rows and 16 more", { inbox: inboxOf(32), rows: { count: 16, of: 17 } }, false],
  ["16 with rows and 17 more", { inbox: inboxOf(33), rows: { count: 16, of: 17 } }, true],
  [
    "17 of 33 with rows, as a build before left it, and 15 more",
    { inbox: inboxOf(48), rows: { count: 17, of: 33 } },
    false,
  ],
  ["17 of 33 with rows and 16 more", { inbox: inboxOf(49), rows: { count: 17, of: 33 } }, true],
  ["what 12 events said", outboxOf({ events: 12 }), false],
  ["what 13 events said", outboxOf({ events: 13 }), true],
  ["64 Ki characters of two events", outboxOf({ events: 2, characters: 32 * 1024 }), false],
  ["more of two events", outboxOf({ events: 2, characters: 32 * 1024 + 1 }), true],
  ["more of one event, the newest", outboxOf({ events: 1, characters: 80 * 1024 }), false],
  ["what was said nearly a day ago", outboxOf({ events: 2, ageMs: DAY - 1 }), false],
  ["what was said a day ago", outboxOf({ events: 2, ageMs: DAY }), true],
  ["the newest, said a day ago", outboxOf({ events: 1, ageMs: DAY }), false],
  [
    "two events beside a state that fills the document",
    { ...outboxOf({ events: 2 }), state: "x".repeat(99_990) },
    true,
  ],
  ["one event beside such a state", { ...outboxOf({ events: 1 }), state: "x".repeat(99_990) }, false],
])("a document with %s is tidied just where that changes it", async (_what, more, expected) => {
  const ledger = { ...createMemoryLedger({ now: () => NOW }), maxBytes: 100_000 };
  const now = () => NOW;
  const ports = { ledger, publish: async () => {}, now, deadlineMs: 10_000, leaseMs: 60_000 };
  const entry: Entry = { v: 1, inbox: "", ...more };
  // What was said is marked, or it would stay in the document.
  const marks = marksOf(ports);
  for (const key of Object.keys(entry.outbox ?? {})) marks.know(`fn-1-said-${key}`, NOW);
  const signal = new AbortController().signal;
  const newest = Object.keys(entry.outbox ?? {}).at(-1) ?? "silent";
  const next = await tidy(entry, { documentKey: "fn-1", key: newest, ports, marks, signal });
  expect([isUntidy(entry, { key: newest, ports }), JSON.stringify(next) !== JSON.stringify(entry)]).toEqual([
    expected,
    expected,
  ]);
});
