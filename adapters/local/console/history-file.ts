import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** Of the tables below: a file of another build is made anew. */
const VERSION = 1;
const BUSY_MS = 1_000;

/**
 * `event`: what is said of one event, once however much happens to it. `about`: its number. `document`: what tells a document from
 * others, without what stands around it in its key.
 */
const TABLES = `
  CREATE TABLE event (n INTEGER PRIMARY KEY, event TEXT, type TEXT, subject TEXT, correlation TEXT, causation TEXT);
  CREATE INDEX event_event ON event (event) WHERE event IS NOT NULL;
  CREATE INDEX event_subject ON event (subject) WHERE subject IS NOT NULL;
  CREATE INDEX event_correlation ON event (correlation) WHERE correlation IS NOT NULL;
  CREATE INDEX event_causation ON event (causation) WHERE causation IS NOT NULL;
  CREATE TABLE happening (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, app TEXT, topic TEXT, entry INTEGER, about INTEGER,
    attempt INTEGER, outcome TEXT, how TEXT, said TEXT, code TEXT, reason TEXT, ms REAL, key TEXT, document TEXT,
    hasBody INTEGER NOT NULL);
  CREATE INDEX happening_about ON happening (about) WHERE about IS NOT NULL;
  CREATE INDEX happening_document ON happening (document) WHERE document IS NOT NULL;
  CREATE INDEX happening_effect ON happening (key) WHERE kind = 'effect';
  CREATE INDEX happening_entry ON happening (entry) WHERE entry IS NOT NULL;
  CREATE TABLE body (id INTEGER PRIMARY KEY, text TEXT NOT NULL, isCut INTEGER NOT NULL);
  PRAGMA user_version = ${VERSION};
`;

/** Opens the file, which is made where there is none. One that cannot be read is made anew: it is a record, nothing runs on it. */
export function openHistoryFile(file: string): DatabaseSync {
  try {
    return open(file);
  } catch {
    for (const end of ["", "-wal", "-shm"]) rmSync(file + end, { force: true });
    return open(file);
  }
}

function open(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: BUSY_MS });
  try {
    // Whatever dies but the machine, all that was committed is there.
    db.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 8000;
      PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -32000`);
    const version = Number(db.prepare("PRAGMA user_version").get()?.user_version);
    const isNew = db.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
    if (isNew) db.exec(`BEGIN; ${TABLES} COMMIT`);
    else if (version !== VERSION) throw new Error(`history: must be of version ${VERSION}, got ${version}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
