import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { DEAD_LETTERS } from "../core/dispatch/dead-letter.ts";
import { transact } from "./database.ts";

const BUSY_MS = 5_000;

/** A dead letter in the broker's file. */
export interface KeptLetter {
  readonly entry: number;
  /** The pubsub component that it came by. */
  readonly component: string;
  readonly body: Uint8Array;
}

function open(file: string): DatabaseSync {
  try {
    const db = new DatabaseSync(file, { timeout: BUSY_MS });
    // Opening alone reads nothing.
    db.prepare("SELECT 1 FROM entry LIMIT 1").get();
    return db;
  } catch (error) {
    throw new Error(`${file}: cannot be used: ${(error as Error).message}`);
  }
}

/** The dead letters of a broker, whether it runs or not. */
export interface KeptLetters {
  /** Oldest first, as of now. */
  entries(): readonly number[];
  /** out: undefined where it is not there any more */
  read(entry: number): KeptLetter | undefined;
  remove(entry: number): void;
  close(): void;
}

/**
 * Opens the broker's file beside the broker: SQLite lets one write after the other.
 *
 * throws  Error where there is none
 */
export function openKeptLetters(file: string): KeptLetters {
  if (!existsSync(file)) throw new Error(`${file}: is not there: --data must name what npm start has kept`);
  const db = open(file);
  const select = db.prepare("SELECT id FROM entry WHERE topic = ? ORDER BY id");
  const selectOne = db.prepare("SELECT id AS entry, component, body FROM entry WHERE id = ? AND topic = ?");
  const deleteDeliveries = db.prepare("DELETE FROM delivery WHERE entry = ?");
  const deleteEntry = db.prepare("DELETE FROM entry WHERE id = ? AND topic = ?");
  return {
    entries: () => select.all(DEAD_LETTERS).map(({ id }) => Number(id)),
    read: (entry) => selectOne.get(entry, DEAD_LETTERS) as KeptLetter | undefined,
    remove: (entry) =>
      transact(db, () => {
        deleteDeliveries.run(entry);
        deleteEntry.run(entry, DEAD_LETTERS);
      }),
    close: () => db.close(),
  };
}
