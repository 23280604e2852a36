import { DatabaseSync } from "node:sqlite";

const BUSY_MS = 5_000;

/**
 * Opens the file that holds events and state, for this process alone.
 *
 * in      a file, or ":memory:"
 * throws  Error when another process holds it
 */
export function openDatabase(file: string, { waitMs = BUSY_MS } = {}): { readonly db: DatabaseSync; close(): void } {
  const lock = file === ":memory:" ? undefined : takeLock(`${file}.lock`, waitMs);
  const db = new DatabaseSync(file);
  // NORMAL: a commit is with the operating system, so that it survives any death of this process. A power cut may take the
  // last ones back, which a development tool can bear and which saves a disk flush for each event.
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = ${BUSY_MS}`);
  return {
    db,
    close() {
      db.close();
      lock?.close();
    },
  };
}

/** Two brokers on one file would deliver everything twice. The kernel frees the lock however its holder dies. */
function takeLock(file: string, waitMs: number): DatabaseSync {
  const lock = new DatabaseSync(file);
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
