import { randomInt } from "node:crypto";
import { resolve } from "node:path";
import type { Entry, Ledger } from "./ledger.ts";
import { lookAfter } from "./open-files.ts";
import { openLedgerFile } from "./sqlite-open.ts";

const PURGE_EVERY = 1_000;

interface Row {
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
      files.checkFile();
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
      // After it, so that nothing that was saved in a file that is gone is answered for.
      files.check();
      return changes === 1;
    },
    async close() {
      files.release();
      // SQLite leaves alone what lies in the place of a file of its own.
      database.close();
    },
  };
}
