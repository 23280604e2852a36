import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const EVERY_MS = 1_000;
/** Between two looks, however often somebody asks. */
const AT_LEAST_MS = 100;
const MOST_AT_ONCE = 1024 * 1024;
const NEWLINE = 0x0a;

/** Reads what is appended to a file, a line at a time. */
export interface Tail {
  /** There may be something new. */
  look(): void;
  /** Looks for the last time. */
  close(): void;
}

interface TailOptions {
  readonly file: string;
  /** Where it was read up to before, in bytes. A file that is shorter is another one. */
  readonly from: number;
  /** in: end: where the line ends */
  readonly onLine: (line: string, end: number) => void;
}

export function tailFile({ file, from, onLine }: TailOptions): Tail {
  let at = from;
  let lookedAt = 0;
  let soon: NodeJS.Timeout | undefined;

  /** out: whether there may be more */
  const readSome = (fd: number): boolean => {
    const { size } = fstatSync(fd);
    if (size < at) at = 0;
    const bytes = Buffer.alloc(Math.min(size - at, MOST_AT_ONCE));
    const read = bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, at));
    // One that has just begun is read when it is whole.
    let begin = 0;
    for (let end = read.indexOf(NEWLINE); end >= 0; end = read.indexOf(NEWLINE, begin)) {
      const line = read.toString("utf8", begin, end);
      begin = end + 1;
      onLine(line, at + begin);
    }
    // A line that is as long as that is none of ours.
    at += begin === 0 && read.length === MOST_AT_ONCE ? read.length : begin;
    return read.length === MOST_AT_ONCE;
  };
  const look = () => {
    clearTimeout(soon);
    soon = undefined;
    lookedAt = Date.now();
    let fd: number | undefined;
    try {
      fd = openSync(file, "r");
      while (readSome(fd));
    } catch {
      // There is none yet, or the folder was deleted.
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  };

  const timer = setInterval(look, EVERY_MS).unref();
  look();
  return {
    look() {
      const wait = lookedAt + AT_LEAST_MS - Date.now();
      if (wait <= 0) look();
      else soon ??= setTimeout(look, wait).unref();
    },
    close() {
      clearInterval(timer);
      look();
    },
  };
}
