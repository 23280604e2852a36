import type { Ports } from "../dispatch/ports.ts";
import { lastOver } from "./due.ts";
import {
  type Entry,
  HALF,
  type Handled,
  handledAt,
  inboxRow,
  type Outgoing,
  outboxRow,
  saidMark,
  WIDTH,
  withOutbox,
} from "./entry.ts";
import { inBatches } from "./in-batches.ts";
import { bytesOf, type Ledger, type Row } from "./ledger.ts";
import type { Marks } from "./marks.ts";
import { keptMs } from "./retention.ts";
import { saidOf } from "./said-of.ts";
import { charactersOf, isInboxFull, MOST_CHARACTERS, MOST_EVENTS, movable } from "./untidy.ts";

/** How many events of an inbox stay without a row: the one that is handled, which is not until the document is saved. */
const NEWEST = 1;
/** And how many in an outbox where there are too many: what was said just now is often not marked yet. */
const NEWEST_SAID = 4;
/** Of an inbox, and of an outbox: a document of a build before versions may have thousands, and an event only its time. */
const MOST_AT_ONCE = 500;
const MOST_MOVED = 100;
/** Calls of a store. */
const AT_ONCE = 4;

interface TidyOptions {
  readonly documentKey: string;
  /** Of the event that is handled: what it says stays in the document. */
  readonly key: string;
  readonly ports: Ports;
  /** Of this process. */
  readonly marks: Marks;
  readonly signal: AbortSignal;
}

type Said = readonly [key: string, Outgoing];

/**
 * Keeps a document as small as it was, however many events its subject has: the oldest of inbox and outbox become rows, and
 * what was said and has been kept for its time goes. Rows are written before the document that no longer holds them: dying
 * between leaves both.
 *
 * in  the entry as it is to be saved
 */
export async function tidy(entry: Entry, options: TidyOptions): Promise<Entry> {
  const { documentKey, ports, signal } = options;
  const { entry: shorter, known } = spillInbox(entry, ports.ledger);
  const { entry: next, rows: moved } = shorter.outbox
    ? await spillOutbox(shorter, options)
    : { entry: shorter, rows: [] };
  const rows = known.map(
    ({ key, digest, talks }): Row => ({
      key: inboxRow(documentKey, key),
      entry: { v: 1, digest, talks },
      ttlMs: keptMs(ports),
    }),
  );
  const batches = inBatches([...rows, ...moved]).values();
  const write = async () => {
    for (const batch of batches) await ports.ledger.put(batch, { signal });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, write));
  return next;
}

/** Keeps the outbox small. */
async function spillOutbox(
  entry: Entry,
  { documentKey, key: own, ports, marks: known, signal }: TidyOptions,
): Promise<{ readonly entry: Entry; readonly rows: readonly Row[] }> {
  const outgoing = movable(entry).sort(([, one], [, other]) => one.at - other.at);
  // Whatever its time: clocks differ, and it is said by nobody yet.
  const others = outgoing.filter(([key]) => key !== own);
  const lastKept = lastOver(ports);
  const isOver = ({ at }: Outgoing): boolean => at <= lastKept;
  const moved = bytesOf(entry) > ports.ledger.maxBytes ? others : tooMany(others, outgoing);
  const over = others.filter(([, one]) => isOver(one));
  if (moved.length + over.length === 0) return { entry, rows: [] };

  const marks = [...new Map([...moved, ...over]).keys()].map((key) => saidMark(documentKey, key));
  const marked = await saidOf(marks, { ledger: ports.ledger, known, signal });
  const said = new Set(others.map(([key]) => key).filter((key) => marked.has(saidMark(documentKey, key))));
  const rows: Row[] = [];
  const outbox = new Map(Object.entries(entry.outbox ?? {}));
  for (const [key, one] of moved) {
    outbox.delete(key);
    if (said.has(key) && isOver(one)) continue;
    const ttlMs = said.has(key) ? one.at - lastKept : keptMs(ports);
    rows.push({ key: outboxRow(documentKey, key), entry: { v: 1, ...one }, ttlMs });
  }
  // What cannot come again need not be said again.
  for (const [key, { at }] of over) if (said.has(key) || at <= ports.now() - keptMs(ports)) outbox.delete(key);
  return { entry: withOutbox(entry, Object.fromEntries(outbox)), rows };
}

/** What is to be done beside the document before it is saved. */
interface Spill {
  readonly entry: Entry;
  /** Of the inbox, oldest first: they get rows. */
  readonly known: readonly ({ readonly key: string } & Handled)[];
}

/**
 * Keeps the inbox short: all but the newest get rows. Where a store may read the row before the document they stay for sixteen
 * events more, so that they are met in one of the two.
 */
export function spillInbox(entry: Entry, ledger: Pick<Ledger, "readsInOrder">): Spill {
  if (!isInboxFull(entry)) return { entry, known: [] };
  const { inbox, rows, ...rest } = entry;
  if (rows) return spillInbox({ ...rest, inbox: inbox.slice(rows.count * WIDTH), spilled: true }, ledger);
  const of = inbox.length / WIDTH;
  const count = Math.min(of - NEWEST, MOST_AT_ONCE);
  const known = Array.from({ length: count }, (_, nth) => {
    const at = nth * WIDTH;
    return { key: inbox.slice(at, at + HALF), ...handledAt(inbox, at) };
  });
  if (!ledger.readsInOrder) return { entry: { ...entry, rows: { count, of } }, known };
  return { entry: { ...rest, inbox: inbox.slice(count * WIDTH), spilled: true }, known };
}

/** in: from the oldest */
function tooMany(others: readonly Said[], all: readonly Said[]): readonly Said[] {
  const sizeOf = (list: readonly Said[]) => list.reduce((sum, [, one]) => sum + charactersOf(one), 0);
  let left = sizeOf(all);
  if (all.length <= MOST_EVENTS && left <= MOST_CHARACTERS) return [];
  const moved: Said[] = [];
  for (const other of others) {
    const count = all.length - moved.length;
    if (moved.length === MOST_MOVED || (count <= NEWEST_SAID && left <= MOST_CHARACTERS / 2)) break;
    moved.push(other);
    left -= charactersOf(other[1]);
  }
  return moved;
}
