import type { DatabaseSync } from "node:sqlite";
import { type Entry, type Outgoing, saidMark } from "../../core/ledger/entry.ts";
import { markedAt } from "../../core/ledger/marks.ts";
import type { PendingEvent, PendingEvents, Status } from "./api-types.ts";
import { attributesOf } from "./event-memory.ts";

/** Documents that are read at once: the rest at the next look. */
const MOST_READ = 5_000;
/** Rows that are read once more, since numbers of those that were deleted are given again. */
const AGAIN = 200;
/** Documents of which is asked whether they are still there, and marks that are looked for, at each look. */
const MOST_ASKED = 500;
/** That something was said is marked by then. */
const MARKED_MS = 2_000;
/** For a person: the rest is counted. */
const MOST_LISTED = 100;

type Pending = Status["pending"];

/** A document in which something waits for its time. */
interface Waiting {
  readonly row: number;
  readonly store: string;
  readonly key: string;
  readonly etag: string;
  readonly app: string;
  /** Of one that is parked: when it is tried next. */
  readonly triedAt: number | undefined;
  readonly outgoing: readonly { readonly of: string; readonly at: number }[];
}

/** One of what waits in a document. */
interface Item extends Pick<PendingEvent, "what" | "at"> {
  readonly waiting: Waiting;
  /** Under which it stands in the outbox. */
  readonly of?: string;
}

/** What waits in the documents of a broker's file. */
export interface PendingReader {
  /** Reads what was written since the last time. in: isNew: it is another file. out: whether that was all */
  look(db: DatabaseSync, isNew: boolean): boolean;
  /** There is no file any more. */
  reset(): void;
  /** in: now: ms since the epoch */
  count(now: number): Pending;
  /** The first of what is counted. in: as of `count` */
  list(now: number): PendingEvents;
}

/**
 * Follows the documents that hold something: parked, an event that kept failing; unsaid, what was to be said and is not known to be;
 * due, what is to be said later. A save gives a document a new row at the end, so that only what was saved since is read.
 */
export function createPending(): PendingReader {
  const waiting = new Map<string, Waiting>();
  const said = new Set<string>();
  let last = 0;
  let reader: Reader | undefined;

  const forget = (id: string) => {
    const known = waiting.get(id);
    if (!known) return;
    for (const { of } of known.outgoing) said.delete(saidMark(known.key, of));
    waiting.delete(id);
  };
  const take = (changed: Changed, { textOf }: Reader) => {
    const id = idOf(changed);
    const known = waiting.get(id);
    if (known && known.row === changed.row && known.etag === changed.etag) return;
    forget(id);
    const found = changed.holds === 1 ? toWaiting(changed, textOf(changed)) : undefined;
    if (found) waiting.set(id, found);
  };
  /** What is deleted leaves no trace. What is parked goes so, as a rule; the others are asked for in turns. */
  const forgetDeleted = ({ isThere }: Reader) => {
    const parked = waiting.entries().filter(([, { triedAt }]) => triedAt !== undefined);
    const first = waiting.entries().take(MOST_ASKED).toArray();
    for (const [id, one] of [...parked.take(MOST_ASKED), ...first]) if (!isThere(one)) forget(id);
    for (const [id] of first) {
      const one = waiting.get(id);
      if (one && waiting.delete(id)) waiting.set(id, one);
    }
  };
  const reset = () => {
    reader = undefined;
    last = 0;
    waiting.clear();
    said.clear();
  };

  function* items(now: number): Generator<Item> {
    let left = MOST_ASKED;
    const isSaid = (store: string, mark: string): boolean => {
      if (said.has(mark)) return true;
      const isMarked = left-- > 0 && reader?.isMarked(store, mark) === true;
      if (isMarked) said.add(mark);
      return isMarked;
    };
    for (const each of waiting.values()) {
      const { store, key, triedAt, outgoing } = each;
      if (triedAt !== undefined) yield { what: "parked", at: triedAt, waiting: each };
      for (const { of, at } of outgoing)
        if (at > now) yield { what: "due", at, of, waiting: each };
        else if (at <= now - MARKED_MS && !isSaid(store, saidMark(key, of)))
          yield { what: "unsaid", at, of, waiting: each };
    }
  }

  return {
    reset,
    look(db, isNew) {
      if (isNew) reset();
      reader ??= readerOf(db);
      const rows = reader.changed(Math.max(0, last - AGAIN));
      for (const row of rows) take(row, reader);
      last = rows.at(-1)?.row ?? 0;
      forgetDeleted(reader);
      return rows.length < MOST_READ;
    },
    count(now) {
      const counts: Record<string, { parked: number; unsaid: number; due: number }> = {};
      for (const { what, waiting } of items(now)) {
        const { app } = waiting;
        counts[app] ??= { parked: 0, unsaid: 0, due: 0 };
        counts[app][what]++;
      }
      return counts;
    },
    list(now) {
      const all = [...items(now)].sort((one, other) => one.at - other.at);
      const events = all.slice(0, MOST_LISTED).map((item) => toEvent(item, reader?.textOf(item.waiting)));
      return { events, more: all.length - events.length };
    },
  };
}

interface Changed {
  readonly row: number;
  readonly store: string;
  readonly key: string;
  readonly etag: string;
  /** Whether it may hold something. */
  readonly holds: number;
}

const idOf = ({ store, key }: Pick<Changed, "store" | "key">): string => `${store} ${key}`;

type Reader = ReturnType<typeof readerOf>;

function readerOf(db: DatabaseSync) {
  const changed = db.prepare(`
    SELECT rowid AS row, store, key, etag, instr(value, '"due":') > 0 AS holds
    FROM state WHERE rowid > ? ORDER BY rowid LIMIT ${MOST_READ}`);
  const value = db.prepare("SELECT value FROM state WHERE rowid = ? AND store = ? AND key = ?");
  const there = db.prepare("SELECT 1 FROM state WHERE rowid = ? AND store = ? AND key = ?");
  const mark = db.prepare("SELECT value FROM state WHERE store = ? AND key = ?");
  return {
    changed: (after: number) => changed.all(after) as unknown as readonly Changed[],
    textOf: ({ row, store, key }: Pick<Changed, "row" | "store" | "key">) =>
      value.get(row, store, key)?.value as string | undefined,
    isThere: ({ row, store, key }: Waiting) => there.get(row, store, key) !== undefined,
    isMarked: (store: string, key: string) => {
      const text = mark.get(store, key)?.value;
      return text !== undefined && markedAt(JSON.parse(String(text))) !== undefined;
    },
  };
}

/** in: value: of one that may be anybody's. out: undefined where nothing waits in it */
function toWaiting({ holds: _, ...changed }: Changed, value: string | undefined): Waiting | undefined {
  const { v, parked, outbox = {} } = (JSON.parse(value ?? "null") ?? {}) as Partial<Entry>;
  const [app = "", own = ""] = changed.key.split("||");
  if (v !== 1 || own === "") return undefined;
  const outgoing = Object.entries<Outgoing>(outbox).flatMap(([event, { at, due }]) =>
    due === undefined ? [] : [{ at, of: event }],
  );
  if (!parked && outgoing.length === 0) return undefined;
  return { ...changed, app, triedAt: parked?.due, outgoing };
}

/** in: value: of its document; undefined where that is gone since */
function toEvent({ what, at, of = "", waiting: { app } }: Item, value: string | undefined): PendingEvent {
  const { parked, outbox } = (JSON.parse(value ?? "{}") ?? {}) as Partial<Entry>;
  const body = what === "parked" ? parked?.body : outbox?.[of]?.said[0]?.body;
  const { event, type, subject } = attributesOf(body ?? "");
  const about = { app, what, at, event, type, subject };
  // What is not known of it is left out where it is told: JSON knows no undefined.
  return (what === "parked" ? { ...about, attempts: parked?.attempts, why: parked?.last } : about) as PendingEvent;
}
