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
import { bytesOf, type Row } from "./ledger.ts";
import type { Marks } from "./marks.ts";
import type { Ports } from "./ports.ts";
import { keptMs } from "./retention.ts";
import { saidOf } from "./said-of.ts";
import { charactersOf, isInboxFull, MOST_CHARACTERS, MOST_EVENTS, movable, RING } from "./untidy.ts";

/** How many events of an inbox stay without a row. */
const NEWEST = RING / 2;
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
  const { entry: next, known } = spillInbox(entry);
  const outgoing = movable(next).sort(([, one], [, other]) => one.at - other.at);
  // Whatever its time: clocks differ, and it is said by nobody yet.
  const others = outgoing.filter(([key]) => key !== options.key);
  const lastKept = lastOver(ports);
  const isOver = ({ at }: Outgoing): boolean => at <= lastKept;
  const moved = bytesOf(entry) > ports.ledger.maxBytes ? others : tooMany(others, outgoing);
  const over = others.filter(([, one]) => isOver(one));
  if (known.length + moved.length + over.length === 0) return next;

  const marks = [...new Map([...moved, ...over]).keys()].map((key) => saidMark(documentKey, key));
  const marked = await saidOf(marks, { ledger: ports.ledger, known: options.marks, signal });
  const said = new Set(others.map(([key]) => key).filter((key) => marked.has(saidMark(documentKey, key))));
  const rows: Row[] = known.map(({ key, ...handled }) => ({
    key: inboxRow(documentKey, key),
    entry: { v: 1, ...handled },
    ttlMs: keptMs(ports),
  }));
  const outbox = new Map(Object.entries(next.outbox ?? {}));
  for (const [key, one] of moved) {
    outbox.delete(key);
    if (said.has(key) && isOver(one)) continue;
    const ttlMs = said.has(key) ? one.at - lastKept : keptMs(ports);
    rows.push({ key: outboxRow(documentKey, key), entry: { v: 1, ...one }, ttlMs });
  }
  // What cannot come again need not be said again.
  for (const [key, { at }] of over) if (said.has(key) || at <= ports.now() - keptMs(ports)) outbox.delete(key);
  const batches = inBatches(rows).values();
  const write = async () => {
    for (const batch of batches) await ports.ledger.put(batch, { signal });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, write));
  return withOutbox(next, Object.fromEntries(outbox));
}

/** What is to be done beside the document before it is saved. */
interface Spill {
  readonly entry: Entry;
  /** Of the inbox, oldest first: they get rows. */
  readonly known: readonly ({ readonly key: string } & Handled)[];
}

/**
 * Keeps the inbox short. Its oldest get rows, and leave it sixteen events later only: what reads the row and then the document
 * meets each of them in one of the two.
 */
export function spillInbox(entry: Entry): Spill {
  if (!isInboxFull(entry)) return { entry, known: [] };
  const { inbox, rows, ...rest } = entry;
  if (rows) return { entry: { ...rest, inbox: inbox.slice(rows.count * WIDTH), spilled: true }, known: [] };
  const count = Math.min(inbox.length / WIDTH - NEWEST, MOST_AT_ONCE);
  const known = Array.from({ length: count }, (_, nth) => {
    const at = nth * WIDTH;
    return { key: inbox.slice(at, at + HALF), ...handledAt(inbox, at) };
  });
  return { entry: { ...entry, rows: { count, of: inbox.length / WIDTH } }, known };
}

/** in: from the oldest */
function tooMany(others: readonly Said[], all: readonly Said[]): readonly Said[] {
  const sizeOf = (list: readonly Said[]) => list.reduce((sum, [, one]) => sum + charactersOf(one), 0);
  let left = sizeOf(all);
  if (all.length <= MOST_EVENTS && left <= MOST_CHARACTERS) return [];
  const moved: Said[] = [];
  for (const other of others) {
    const count = all.length - moved.length;
    if (moved.length === MOST_MOVED || (count <= MOST_EVENTS / 2 && left <= MOST_CHARACTERS / 2)) break;
    moved.push(other);
    left -= charactersOf(other[1]);
  }
  return moved;
}
