import { closeSync, fstatSync, globSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { parseLine, type Told } from "./told.ts";

const LOOK_MS = 100;
const CHUNK_BYTES = 1024 * 1024;

/** What services of this machine keep, the older file of each first. */
export const logFiles = (dataDir: string): readonly string[] =>
  globSync(join(dataDir, "log", "*.jsonl")).toSorted((one, other) => one.localeCompare(other));

export interface Tail {
  /** out: what was written since the last call */
  read(): readonly Told[];
  /** Passes over what is there. */
  skip(): void;
}

/**
 * Reads files as they grow. One that is turned over is read from its start: what it was called before is told by its inode.
 *
 * in      which files, asked each time: there may be more of them soon
 * throws  Error for a file that cannot be read
 */
export function createTail(files: () => readonly string[]): Tail {
  const offsets = new Map<number, number>();
  const rests = new Map<number, string>();

  const each = (see: (inode: number, unread: () => string) => readonly Told[]): readonly Told[] =>
    files().flatMap((file) => {
      const descriptor = openIfThere(file);
      if (descriptor === undefined) return [];
      try {
        const { ino, size } = fstatSync(descriptor);
        const from = offsets.get(ino) ?? 0;
        offsets.set(ino, size);
        return see(ino, () => readPart(descriptor, from > size ? 0 : from, size));
      } finally {
        closeSync(descriptor);
      }
    });

  return {
    read: () =>
      each((inode, unread) => {
        const lines = ((rests.get(inode) ?? "") + unread()).split("\n");
        rests.set(inode, lines.pop() ?? "");
        return lines.flatMap((line) => parseLine(line) ?? []);
      }),
    skip: () => void each(() => []),
  };
}

/** What stands in files; `-` is what comes by standard input. throws: Error for one that cannot be read */
export const readFiles = (files: readonly string[]): readonly Told[] =>
  files.flatMap((file) => readText(readFileSync(file === "-" ? 0 : file, "utf8")));

export const readText = (text: string): readonly Told[] => text.split("\n").flatMap((line) => parseLine(line) ?? []);

/** Between finding a file and opening it, it may be turned over. */
function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function readPart(descriptor: number, from: number, to: number): string {
  const parts: Buffer[] = [];
  for (let at = from; at < to; ) {
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, to - at));
    const count = readSync(descriptor, chunk, 0, chunk.length, at);
    if (count === 0) break;
    parts.push(chunk.subarray(0, count));
    at += count;
  }
  return Buffer.concat(parts).toString("utf8");
}

/** Looks again and again until it has seen enough, or is told to end. */
export async function untilSeen(look: () => boolean, signal?: AbortSignal): Promise<void> {
  while (!signal?.aborted && !look()) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}
