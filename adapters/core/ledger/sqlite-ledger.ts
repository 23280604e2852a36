import { randomInt } from "node:crypto";
import { resolve } from "node:path";
import type { StatementSync } from "node:sqlite";
import { type Document, type Held, type Ledger, textOf } from "./ledger.ts";
import { lookAfter } from "./open-files.ts";
import { openLedgerFile } from "./sqlite-open.ts";

const PURGE_EVERY = 1_000;
/** No string of Node has more than 2^29 units; SQLite itself takes a billion bytes. source: sqlite.org/limits.html */
const LONGEST_JSON = 500_000_000;

const READ = "select key, json, version, expires from ledger where key = ?";
/** Answered from the index alone, in its order. */
export const DUE = "select key from ledger where due_of = ? and due_at <= ? order by due_at limit ?";

interface Line {
  readonly key: string;
  readonly json: string;
  readonly version: number;
  readonly expires: number | null;
}

/**
 * A ledger in one file: for a single machine, several processes at once. Where its files are deleted, moved or replaced,
 * nothing is answered any more, and onLost is called once.
 *
 * throws  ConfigError that says what is wrong with the file
 * source  sqlite.org/wal.html: with WAL and synchronous=NORMAL a killed process loses nothing, a power cut the last commits
 */
export function createSqliteLedger({
  file,
  now = Date.now,
  onLost,
}: {
  readonly file: string;
  readonly now?: () => number;
  readonly onLost?: (why: Error) => void;
}): Ledger {
  const path = resolve(file);
  const database = openLedgerFile(path);
  const files = lookAfter(path, onLost ? { onLost } : {});
  const read = database.prepare(READ);
  // For each count of keys one statement: whatever is run takes the locks of the file, and reads at one moment.
  const readers = new Map<number, StatementSync>();
  const readerOf = (count: number): StatementSync => {
    const known = readers.get(count);
    if (known) return known;
    const reader = database.prepare(new Array<string>(count).fill(READ).join(" union all "));
    readers.set(count, reader);
    return reader;
  };
  const create = database.prepare(
    `insert into ledger (key, json, version, expires, due_of, due_at) values (?, ?, ?, ?, ?, ?)
     on conflict do nothing`,
  );
  const replace = database.prepare(
    `update ledger set json = ?, version = version + 1, expires = ?, due_of = ?, due_at = ?
     where key = ? and version = ?`,
  );
  const write = database.prepare(
    `insert into ledger (key, json, version, expires) values (?, ?, ?, ?)
     on conflict do update set
       json = excluded.json, version = version + 1, expires = excluded.expires, due_of = null, due_at = null`,
  );
  const begin = database.prepare("begin immediate");
  const commit = database.prepare("commit");
  const readDue = database.prepare(DUE);
  const purge = database.prepare("delete from ledger where expires <= ?");
  // A purged document that comes back must not be mistaken for what it was.
  const firstVersion = () => randomInt(2 ** 40);
  let saves = 0;
  const purgeAtTimes = () => {
    if (++saves % PURGE_EVERY === 0) purge.run(now());
  };
  const toHeld = (line: Line | undefined): Held => {
    if (!line) return {};
    const version = String(line.version);
    return line.expires !== null && line.expires <= now()
      ? { version }
      : { entry: JSON.parse(line.json) as Document, version };
  };

  return {
    maxBytes: LONGEST_JSON,
    readsInOrder: true,
    async load(key, options) {
      options?.signal?.throwIfAborted();
      const line = read.get(key) as Line | undefined;
      files.checkFile();
      return toHeld(line);
    },
    async loadAll(keys, options) {
      options?.signal?.throwIfAborted();
      if (keys.length === 0) return [];
      const lines = readerOf(keys.length).all(...keys) as unknown as readonly Line[];
      files.checkFile();
      return keys.map((key) => toHeld(lines.find((line) => line.key === key)));
    },
    async save(key, entry, { expected, signal, ttlMs, due }) {
      signal?.throwIfAborted();
      purgeAtTimes();
      const json = textOf(entry);
      const expires = ttlMs === undefined ? null : now() + ttlMs;
      const date = [due?.of ?? null, due?.at ?? null] as const;
      const version = expected === undefined ? firstVersion() : Number(expected) + 1;
      const { changes } =
        expected === undefined
          ? create.run(key, json, version, expires, ...date)
          : replace.run(json, expires, ...date, key, Number(expected));
      // After it, so that nothing that was saved in a file that is gone is answered for.
      files.check();
      return changes === 1 && String(version);
    },
    async put(rows, options) {
      options?.signal?.throwIfAborted();
      purgeAtTimes();
      begin.run();
      try {
        const version = firstVersion();
        const at = now();
        for (const { key, entry, ttlMs } of rows) write.run(key, textOf(entry), version, at + ttlMs);
        commit.run();
      } catch (error) {
        // Some failures of SQLite end the transaction by themselves.
        if (database.isTransaction) database.exec("rollback");
        throw error;
      }
      files.check();
    },
    async due(of, { until, most, signal }) {
      signal?.throwIfAborted();
      const lines = readDue.all(of, until, most) as unknown as readonly Pick<Line, "key">[];
      files.checkFile();
      return lines.map(({ key }) => key);
    },
    async close() {
      files.release();
      // SQLite leaves alone what lies in the place of a file of its own.
      database.close();
    },
  };
}
