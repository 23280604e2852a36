import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { lookAfter } from "../core/ledger/open-files.ts";

const BUSY_MS = 5_000;

interface OpenDatabase {
  readonly db: DatabaseSync;
  /** throws: Error that says which of its files is not there any more. */
  check(): void;
  close(): void;
}

/**
 * Opens the file that holds events and state, for this process alone.
 *
 * in      a file, or ":memory:"; onLost is called when the file is deleted, moved or replaced meanwhile
 * throws  Error when another process holds it, or when it cannot be opened
 */
export function openDatabase(
  file: string,
  { waitMs = BUSY_MS, onLost = () => {} }: { readonly waitMs?: number; readonly onLost?: (why: Error) => void } = {},
): OpenDatabase {
  if (file === ":memory:") {
    const db = open(file);
    return { db, check() {}, close: () => db.close() };
  }
  const lock = takeLock(`${file}.lock`, waitMs);
  let db: DatabaseSync;
  try {
    db = open(file);
  } catch (error) {
    lock.close();
    throw new Error(`${file}: cannot be opened: ${(error as Error).message}`);
  }
  const files = lookAfter(resolve(file), {
    onLost(why) {
      end();
      onLost(why);
    },
  });
  const end = () => {
    files.release();
    if (db.isOpen) db.close();
  };
  return {
    db,
    check: files.check,
    close() {
      end();
      lock.close();
    },
  };
}

function open(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  // NORMAL: a commit is with the operating system, so that it survives any death of this process. A power cut may take the
  // last ones back, which a development tool can bear and which saves a disk flush for each event.
  db.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = ${BUSY_MS}; BEGIN IMMEDIATE; COMMIT`,
  );
  return db;
}

/** Two brokers on one file would deliver everything twice. The kernel frees the lock however its holder dies. */
function takeLock(file: string, waitMs: number): DatabaseSync {
  let lock: DatabaseSync;
  try {
    lock = new DatabaseSync(file);
  } catch (error) {
    throw new Error(`${file}: cannot be opened: ${(error as Error).message}`);
  }
  try {
    // The last holder may still be stopping.
    lock.exec(`PRAGMA busy_timeout = ${waitMs}; BEGIN EXCLUSIVE`);
    return lock;
  } catch (cause) {
    lock.close();
    throw new Error(`${file}: another process uses this database; stop it first`, { cause });
  }
}

/** Runs `work` as one transaction: all of it or nothing. */
export function transact<Result>(db: DatabaseSync, work: () => Result): Result {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}
