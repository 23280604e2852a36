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
/** What comes within it is told together. */
const TOGETHER_MS = 10;
/** And written: whoever reads what was told has it written first, whoever is killed has lost as much of it. */
const WRITTEN_MS = 250;
const MOST_TOGETHER = 1_000;
const MOST_UNWRITTEN = 8 * 1024 * 1024;
/** Of a body. */
const MOST_CHARACTERS = 1024 * 1024;
const MEASURED_EVERY = 1_000;

interface HistoryOptions {
  readonly keeps?: number;
  readonly mostBytes?: number;
}

type Listener = Parameters<History["onAppended"]>[0];

interface Row<Told> {
  readonly happening: Told;
  readonly body: Stored | undefined;
}

/**
 * What has happened, kept in a file, which is opened when it is first used: whoever holds its folder may forget what is in it
 * before. What was appended is read and told a moment later, both from the same moment on: whoever listens first and reads then
 * misses nothing, and meets nothing twice.
 */
export function openHistory(file: string, options: HistoryOptions = {}): History {
  const listeners = new Set<{ readonly tell: Listener }>();
  let kept: ReturnType<typeof openKept> | undefined;
  let isClosed = false;
  let last = 0;
  let waiting: Row<Omit<Happening, "id">>[] = [];
  let told: Row<Happening>[] = [];
  let characters = 0;
  let timer: NodeJS.Timeout | undefined;
  let writer: NodeJS.Timeout | undefined;

  const open = () => {
    if (kept) return kept;
    if (isClosed) throw new Error(`${file}: is closed`);
    kept = openKept(file, options);
    last = Math.max(last, kept.last);
    return kept;
  };
  const write = () => {
    clearTimeout(writer);
    const batch = told;
    [writer, told, characters] = [undefined, [], 0];
    try {
      if (batch.length > 0) open().add(batch);
    } catch {
      // A disk that is full, as a rule: whoever looks on has seen it.
    }
  };
  const flush = () => {
    clearTimeout(timer);
    const batch = waiting;
    [timer, waiting] = [undefined, []];
    if (batch.length === 0) return;
    try {
      open();
    } catch {
      // It cannot be written then, which is told all the same.
    }
    const rows = batch.map(({ happening, body }) => ({ happening: { ...happening, id: ++last }, body }));
    for (const { body } of rows) characters += body?.text.length ?? 0;
    told.push(...rows);
    if (told.length >= MOST_TOGETHER || characters >= MOST_UNWRITTEN) write();
    else writer ??= setTimeout(write, WRITTEN_MS);
    const happenings = rows.map(({ happening }) => happening);
    for (const { tell } of listeners) tell(happenings);
  };
  const read = () => {
    const { finder, stories } = open();
    write();
    return { ...finder, story: stories.find };
  };

  return {
    append(happening, text) {
      if (isClosed) return;
      const body = text === undefined ? undefined : toStored(text);
      waiting.push({ happening: body ? { ...happening, hasBody: true } : happening, body });
      if (waiting.length >= MOST_TOGETHER) flush();
      else timer ??= setTimeout(flush, TOGETHER_MS);
    },
    onAppended(tell) {
      flush();
      const listener = { tell };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    since: (after, limit) => read().since(after, limit),
    before: (query) => read().before(query),
    body: (id) => read().body(id),
    story: (id) => read().story(id),
    get last() {
      open();
      return last;
    },
    close() {
      flush();
      write();
      isClosed = true;
      listeners.clear();
      kept?.close();
      kept = undefined;
    },
  };
}

function openKept(file: string, { keeps = KEPT, mostBytes = MOST_BYTES }: HistoryOptions) {
  const db = openHistoryFile(file);
  const rows = createHistoryRows(db);
  const finder = createFinder(db);
  const bounds = db.prepare("SELECT min(id) AS first, max(id) AS last FROM happening").get();
  let first = Number(bounds?.first ?? 1);
  let unmeasured = 0;
  let isTooBig = false;

  const measure = () => {
    const pages = (name: string) => Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
    isTooBig = (pages("page_count") - pages("freelist_count")) * pages("page_size") > mostBytes;
  };
  /** In steps, so that nobody waits for long. */
  const trim = (count: number, last: number) => {
    unmeasured += count;
    if (isTooBig || unmeasured >= MEASURED_EVERY) {
      unmeasured = 0;
      measure();
    }
    const step = Math.ceil(count * 1.5) + 100;
    const over = isTooBig ? step : last + 1 - keeps - first;
    if (over <= 0) return;
    const until = Math.min(first + Math.min(over, step) - 1, last);
    rows.deleteUntil(until);
    first = until + 1;
  };
  return {
    ...{ finder, last: Number(bounds?.last ?? 0), stories: createStories(db, finder.body) },
    /** throws: Error where it cannot be written: nothing is then. */
    add(batch: readonly Row<Happening>[]) {
      const before = first;
      try {
        transact(db, () => {
          for (const { happening, body } of batch) rows.insert(happening, body);
          trim(batch.length, batch.at(-1)?.happening.id ?? 0);
        });
      } catch (error) {
        first = before;
        rows.forget();
        throw error;
      }
    },
    close: () => db.close(),
  };
}

type Stored = Pick<Body, "text"> & { readonly isCut: boolean };

/** What records it cuts it as well, and leaves one character more, so that it shows. */
const toStored = (body: string): Stored => ({
  text: body.slice(0, MOST_CHARACTERS),
  isCut: body.length > MOST_CHARACTERS,
});
