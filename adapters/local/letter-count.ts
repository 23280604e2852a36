import { statSync } from "node:fs";
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
  let opened: ReturnType<typeof open> | undefined;
  let [version, count]: [unknown, number] = [undefined, 0];
  const close = () => {
    opened?.db.close();
    [opened, version] = [undefined, undefined];
  };
  return {
    read() {
      try {
        // Deleted under it, the file is made anew.
        if (opened && statSync(file, { throwIfNoEntry: false })?.ino !== opened.inode) close();
        opened ??= open(file);
        const now = opened.version.get()?.data_version;
        if (now === version) return count;
        [version, count] = [now, Number(opened.letters.get(DEAD_LETTERS)?.count)];
      } catch {
        // It is not there yet, or not any more: another one may be, soon.
        close();
      }
      return count;
    },
    close,
  };
}

/** Its version changes when somebody else has written. source: SQLite, "PRAGMA data_version" */
function open(file: string) {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const version = db.prepare("PRAGMA data_version");
    const inode = statSync(file).ino;
    return { db, inode, version, letters: db.prepare("SELECT COUNT(*) AS count FROM entry WHERE topic = ?") };
  } catch (error) {
    db.close();
    throw error;
  }
}
