import { randomInt } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import type { Entry, Ledger } from "./ledger.ts";

const PURGE_EVERY = 1_000;
const BUSY_MS = 5_000;
/** source: sqlite.org/rescode.html */
const SQLITE_BUSY = 5;

interface Row {
  readonly json: string;
  readonly version: number;
  readonly expires: number | null;
}

/**
 * A ledger in one file: for a single machine, several processes at once.
 *
 * source  sqlite.org/wal.html: with WAL and synchronous=NORMAL a killed process loses nothing, a power cut the last commits
 */
export function createSqliteLedger({
  file,
  now = Date.now,
}: {
  readonly file: string;
  readonly now?: () => number;
}): Ledger {
  const database = new DatabaseSync(file, { timeout: BUSY_MS });
  createTable(database);
  const read = database.prepare("select json, version, expires from ledger where key = ?");
  const create = database.prepare(
    "insert into ledger (key, json, version, expires) values (?, ?, ?, ?) on conflict do nothing",
  );
  const replace = database.prepare(
    "update ledger set json = ?, version = version + 1, expires = ? where key = ? and version = ?",
  );
  const purge = database.prepare("delete from ledger where expires <= ?");
  // A purged document that comes back must not be mistaken for what it was.
  const firstVersion = () => randomInt(2 ** 40);
  let saves = 0;

  return {
    async load(key, options) {
      options?.signal?.throwIfAborted();
      const row = read.get(key) as Row | undefined;
      if (!row) return {};
      const version = String(row.version);
      return row.expires !== null && row.expires <= now()
        ? { version }
        : { entry: JSON.parse(row.json) as Entry, version };
    },
    async save(key, entry, { expected, signal, ttlMs }) {
      signal?.throwIfAborted();
      if (++saves % PURGE_EVERY === 0) purge.run(now());
      const json = JSON.stringify(entry);
      const expires = ttlMs === undefined ? null : now() + ttlMs;
      const { changes } =
        expected === undefined
          ? create.run(key, json, firstVersion(), expires)
          : replace.run(json, expires, key, Number(expected));
      return changes === 1;
    },
    async close() {
      database.close();
    },
  };
}

/** SQLite does not wait for whoever turns the same new file into WAL mode at the same time: it says busy at once. */
function createTable(database: DatabaseSync): void {
  const end = Date.now() + BUSY_MS;
  for (;;)
    try {
      database.exec(`
        pragma journal_mode = wal;
        pragma synchronous = normal;
        create table if not exists ledger (
          key text primary key, json text not null, version integer not null, expires integer
        ) without rowid;
      `);
      return;
    } catch (error) {
      if ((error as { errcode?: number }).errcode !== SQLITE_BUSY || Date.now() > end) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
}
