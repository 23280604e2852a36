import { realpathSync, type Stats, statSync } from "node:fs";

const CHECK_MS = 1_000;
/** What is in `-wal` is in no other file until a checkpoint. source: sqlite.org/wal.html */
const BESIDE = ["-wal", "-shm"];

export interface OpenFiles {
  /** throws: Error that says which file is not there any more, now or ever since it was. */
  check(): void;
  /** The same of the file alone, not of what SQLite keeps beside it, for whoever has only read. */
  checkFile(): void;
  /** Ends the looking. */
  release(): void;
}

/**
 * Looks after the files of an SQLite database that is open. One that is deleted or moved goes on taking all that is written,
 * and is gone when its process ends.
 *
 * in      an absolute path; onLost is called once, within a second
 */
export function lookAfter(
  file: string,
  { onLost = () => {}, everyMs = CHECK_MS }: { readonly onLost?: (why: Error) => void; readonly everyMs?: number } = {},
): OpenFiles {
  const real = realpathSync(file);
  const opened = [file, ...BESIDE.map((end) => real + end)].flatMap((path) => {
    const id = idOf(path);
    return id === undefined ? [] : [{ path, id }];
  });
  const main = opened.slice(0, 1);
  let lost: Error | undefined;
  const check = (files = opened) => {
    if (lost) throw lost;
    for (const { path, id } of files) {
      const now = idOf(path);
      if (now?.ino === id.ino && now.dev === id.dev) continue;
      lost = new Error(`${path}: ${now === undefined ? "is not there any more" : "is another file than was opened"}`);
      onLost(lost);
      throw lost;
    }
  };
  const timer = setInterval(() => {
    try {
      check();
    } catch {
      clearInterval(timer);
    }
  }, everyMs).unref();
  return {
    check: () => check(),
    checkFile: () => check(main),
    release: () => clearInterval(timer),
  };
}

/** An inode that is held open is given to no other file. */
function idOf(path: string): Pick<Stats, "dev" | "ino"> | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
