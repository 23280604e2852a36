import { DatabaseSync } from "node:sqlite";
import { DEAD_LETTERS } from "../core/dispatch/dead-letter.ts";

/** How many dead letters a broker's file holds, while its broker runs. */
export interface LetterCount {
  /** out: as of now, or as of the last time that it could be told */
  read(): number;
  close(): void;
}

/** Opens the file beside its broker, to read only: whoever writes never waits for it. */
export function createLetterCount(file: string): LetterCount {
  let db: DatabaseSync | undefined;
  let [version, count]: [unknown, number] = [undefined, 0];
  const close = () => {
    if (db?.isOpen) db.close();
    db = undefined;
  };
  return {
    read() {
      try {
        db ??= new DatabaseSync(file, { readOnly: true });
        // Changes when somebody else has written: source: SQLite, "PRAGMA data_version".
        const { data_version: now } = db.prepare("PRAGMA data_version").get() ?? {};
        if (now === version) return count;
        const found = db.prepare("SELECT COUNT(*) AS letters FROM entry WHERE topic = ?").get(DEAD_LETTERS);
        [version, count] = [now, Number(found?.letters)];
      } catch {
        // It is not there yet, or not any more: another one may be, soon.
        close();
        version = undefined;
      }
      return count;
    },
    close,
  };
}
