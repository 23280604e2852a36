import { appendFileSync, existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

const MOST_BYTES = 10 * 1024 * 1024;

type Line = Readonly<Record<string, unknown>>;

export interface ServiceLog {
  append(service: string, line: Line): void;
}

/** Keeps what services say, a file each: JSON, one line each. Of one that has grown too large one older is kept. */
export function createServiceLog(dataDir: string, mostBytes = MOST_BYTES): ServiceLog {
  const folder = join(dataDir, "log");
  mkdirSync(folder, { recursive: true });
  const sizes = new Map<string, number>();
  return {
    append(service, line) {
      const [file, older] = logFilesOf(dataDir, service);
      const text = `${JSON.stringify(line)}\n`;
      let size = sizes.get(service) ?? statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      if (size > 0 && size + text.length > mostBytes) {
        if (existsSync(file)) renameSync(file, older);
        size = 0;
      }
      try {
        appendFileSync(file, text, { mode: 0o600 });
      } catch {
        // The folder was deleted under it, or the disk is full: it goes on, and the database says what is wrong.
        return;
      }
      sizes.set(service, size + Buffer.byteLength(text));
    },
  };
}

/** out: the newer file and the older one; neither must be there */
export const logFilesOf = (dataDir: string, service: string): readonly [string, string] => [
  join(dataDir, "log", `${service}.jsonl`),
  join(dataDir, "log", `${service}.1.jsonl`),
];
