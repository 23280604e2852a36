import type { Ports } from "../dispatch/ports.ts";
import { forgetOldest } from "./forget-oldest.ts";
import type { Document, Ledger, Row } from "./ledger.ts";
import { MOST_ROWS } from "./ledger.ts";
import { createRecent } from "./recent.ts";
import { keptMs } from "./retention.ts";

/** Marks that a process remembers at least. */
const HALF_KNOWN = 1_000;
const WRITE_AFTER_MS = 500;

/**
 * What a process knows of what was said: it marks it, so that whoever meets the event again need not say it again. A mark is a
 * row of its own, written later and together with others: one that is lost costs a repetition, never an event.
 */
export interface Marks {
  /** out: when it was said, in ms since the epoch, as far as this process knows */
  saidAt(mark: string): number | undefined;
  /** in: what is marked already, and when it was said */
  know(mark: string, at: number): void;
  /** in: what was published, and when, in ms since the epoch */
  add(mark: string, at: number): void;
  /** Takes a mark back: what was said may be lost. */
  remove(mark: string): void;
  /** Writes what is waiting. Never rejects. */
  flush(): Promise<void>;
}

/** out: when it was said, by its mark. An event whose mark was taken back is to be said again. */
export const markedAt = (row: Document | undefined): number | undefined =>
  row && row.unsaid !== true ? Number(row.at) : undefined;

type MarksPorts = Pick<Ports, "ledger" | "retention">;

function createMarks(ports: MarksPorts): Marks {
  const { ledger } = ports;
  const said = createRecent<number>(HALF_KNOWN);
  const waiting = new Map<string, Document>();
  let writing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const write = async () => {
    // What comes meanwhile waits for others, as this has.
    for (let left = waiting.size; left > 0 || waiting.size >= MOST_ROWS; left -= MOST_ROWS) {
      const batch = [...waiting].slice(0, MOST_ROWS);
      for (const [key] of batch) waiting.delete(key);
      try {
        await ledger.put(batch.map(([key, entry]): Row => ({ key, entry, ttlMs: keptMs(ports) })));
      } catch {
        // Again with the next, unless they have changed meanwhile.
        for (const [key, entry] of batch) if (!waiting.has(key)) waiting.set(key, entry);
        forgetOldest(waiting);
        return;
      }
    }
  };
  const writeNow = (): Promise<void> => {
    if (writing) return writing;
    clearTimeout(timer);
    timer = undefined;
    writing = write().finally(() => {
      writing = undefined;
    });
    return writing;
  };
  const put = (mark: string, entry: Document) => {
    waiting.set(mark, entry);
    timer ??= setTimeout(writeNow, WRITE_AFTER_MS).unref();
    if (waiting.size >= MOST_ROWS) void writeNow();
  };

  return {
    saidAt: said.get,
    know: said.set,
    add(mark, at) {
      said.set(mark, at);
      put(mark, { v: 1, at });
    },
    remove(mark) {
      said.delete(mark);
      put(mark, { v: 1, unsaid: true });
    },
    async flush() {
      await writing;
      await writeNow();
    },
  };
}

const ofLedgers = new WeakMap<Ledger, Marks>();

/** The marks of this process. */
export function marksOf(ports: MarksPorts): Marks {
  const { ledger } = ports;
  const known = ofLedgers.get(ledger);
  if (known) return known;
  const marks = createMarks(ports);
  ofLedgers.set(ledger, marks);
  return marks;
}
