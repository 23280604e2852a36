import { transact } from "../database.ts";
import type { Body, Happening } from "./api-types.ts";
import { createFinder } from "./find-happenings.ts";
import { createStories } from "./find-story.ts";
import { openHistoryFile } from "./history-file.ts";
import { createHistoryRows } from "./history-rows.ts";
import type { History } from "./history-types.ts";

/** Happenings that are kept. */
const KEPT = 1_000_000;
/** And as many bytes as they may have, bodies included. */
const MOST_BYTES = 1024 * 1024 * 1024;
/** What comes within it is written together, and told together. */
const TOGETHER_MS = 10;
const MOST_TOGETHER = 1_000;
/** Of a body. */
const MOST_CHARACTERS = 1024 * 1024;
const MEASURED_EVERY = 1_000;

interface HistoryOptions {
  readonly keeps?: number;
  readonly mostBytes?: number;
}

/**
 * Opens what has happened, kept in a file. What was appended is read and told a moment later, both from the same moment on: whoever
 * listens first and reads then misses nothing, and meets nothing twice.
 */
export function openHistory(file: string, { keeps = KEPT, mostBytes = MOST_BYTES }: HistoryOptions = {}): History {
  const db = openHistoryFile(file);
  const rows = createHistoryRows(db);
  const finder = createFinder(db);
  const stories = createStories(db, finder.body);
  const listeners = new Set<(rows: readonly Happening[]) => void>();
  const bounds = db.prepare("SELECT min(id) AS first, max(id) AS last FROM happening").get();
  let [first, last] = [Number(bounds?.first ?? 1), Number(bounds?.last ?? 0)];
  let next = last + 1;
  let waiting: { readonly happening: Happening; readonly body: Stored | undefined }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let unmeasured = 0;
  let isTooBig = false;

  const measure = () => {
    const pages = (name: string) => Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
    isTooBig = (pages("page_count") - pages("freelist_count")) * pages("page_size") > mostBytes;
  };
  /** In steps, so that nobody waits for long. */
  const trim = (count: number) => {
    unmeasured += count;
    if (isTooBig || unmeasured >= MEASURED_EVERY) {
      unmeasured = 0;
      measure();
    }
    const step = Math.ceil(count * 1.5) + 100;
    const over = isTooBig ? step : next - keeps - first;
    if (over <= 0) return;
    const until = Math.min(first + Math.min(over, step), next) - 1;
    rows.deleteUntil(until);
    first = until + 1;
  };
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting;
    waiting = [];
    if (batch.length === 0) return;
    const before = first;
    try {
      transact(db, () => {
        for (const { happening, body } of batch) rows.insert(happening, body);
        trim(batch.length);
      });
    } catch {
      // A disk that is full, as a rule: whoever looks on still sees it.
      first = before;
      rows.forget();
    }
    const told = batch.map(({ happening }) => happening);
    last = told.at(-1)?.id ?? last;
    for (const listener of listeners) listener(told);
  };

  return {
    append(happening, body) {
      const stored = body === undefined ? undefined : toStored(body);
      waiting.push({
        happening: { ...happening, id: next++, ...(stored ? { hasBody: true } : {}) },
        body: stored,
      });
      if (waiting.length >= MOST_TOGETHER) flush();
      else timer ??= setTimeout(flush, TOGETHER_MS);
    },
    onAppended(listener) {
      flush();
      const own = (told: readonly Happening[]) => listener(told);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    ...{ since: finder.since, before: finder.before, body: finder.body, story: stories.find },
    get last() {
      return last;
    },
    close() {
      flush();
      listeners.clear();
      db.close();
    },
  };
}

type Stored = Pick<Body, "text"> & { readonly isCut: boolean };

/** What records it cuts it as well, and leaves one character more, so that it shows. */
const toStored = (body: string): Stored => ({
  text: body.slice(0, MOST_CHARACTERS),
  isCut: body.length > MOST_CHARACTERS,
});
