import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ConfigError } from "../host/config-error.ts";

const BUSY_MS = 5_000;
/** source: sqlite.org/rescode.html */
const SQLITE_BUSY = 5;
const COLUMNS = ["key", "json", "version", "expires"];

/** in: an absolute path. throws: ConfigError that names LEDGER and says what is wrong with the file. */
export function openLedgerFile(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: BUSY_MS });
    createTable(database);
    // SQLite opens a file that can only be read without a word.
    accessSync(file, constants.R_OK | constants.W_OK);
    return database;
  } catch (error) {
    database?.close();
    throw new ConfigError(
      `LEDGER: must be sqlite:<file>, a file of its own that can be written: ${whyNot(file, error)}`,
    );
  }
}

/**
 * With rows by number: by key, what is beyond 1 kB of a page of 4 lies on pages of its own, and such a save takes twice as long. A file of
 * a build before stays as it is.
 *
 * SQLite does not wait for whoever turns the same new file into WAL mode at the same time: it says busy at once.
 *
 * source  sqlite.org/fileformat2.html, section 1.6
 */
function createTable(database: DatabaseSync): void {
  const end = Date.now() + BUSY_MS;
  for (;;)
    try {
      refuseOthers(database);
      database.exec(`
        pragma journal_mode = wal;
        pragma synchronous = normal;
        create table if not exists ledger (
          key text primary key, json text not null, version integer not null, expires integer, due_of text, due_at integer
        );
      `);
      addAgenda(database);
      return;
    } catch (error) {
      if (database.isTransaction) database.exec("rollback");
      if ((error as { errcode?: number }).errcode !== SQLITE_BUSY || Date.now() > end) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
}

/**
 * A build that knows nothing of it works on the same file all the while: it names the columns that it writes. What it saves keeps the
 * date that was there, so that somebody looks at a document in vain.
 */
function addAgenda(database: DatabaseSync): void {
  const isThere = () => columnsOf(database).includes("due_at");
  if (!isThere()) {
    database.exec("begin immediate");
    // Another process may have been faster.
    if (!isThere())
      database.exec(`
        alter table ledger add column due_of text;
        alter table ledger add column due_at integer;
      `);
    database.exec("commit");
  }
  database.exec("create index if not exists ledger_due on ledger (due_of, due_at, key) where due_at is not null");
}

/** Before anything is written to it. */
function refuseOthers(database: DatabaseSync): void {
  // In this order: what another process makes between the two is the table.
  const isEmpty = database.prepare("select 1 from sqlite_schema").get() === undefined;
  const names = columnsOf(database);
  if (!isEmpty && !COLUMNS.every((name) => names.includes(name))) throw new Error("is the database of another program");
}

const columnsOf = (database: DatabaseSync): readonly unknown[] =>
  database
    .prepare("select name from pragma_table_info('ledger')")
    .all()
    .map(({ name }) => name);

function whyNot(file: string, error: unknown): string {
  const folder = dirname(file);
  const isThere = (path: string) => statSync(path, { throwIfNoEntry: false });
  try {
    if (!isThere(folder)?.isDirectory()) return `${folder} is no folder`;
    const found = isThere(file);
    if (found && !found.isFile()) return `${file} is no file`;
    if (found) accessSync(file, constants.R_OK | constants.W_OK);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (refused) {
    return (refused as Error).message;
  }
  return `${file}: ${(error as Error).message}`;
}
