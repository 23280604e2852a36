import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, readSession } from "./session.ts";
import { StartError } from "./start-error.ts";

/** What a system keeps there; whatever else lies there is somebody else's. */
const KEPT = /^(broker\.db.*|history\.db.*|effects\.jsonl|log|session\.json.*|letter-secret)$/;
/** Longer than the processes of a launcher that was killed take to end. */
const ORPHANS_MS = 8_000;
const TELL_MS = 1_000;

interface Holder {
  readonly pid: number;
  readonly port: number;
  readonly children: readonly number[];
}

/** The folder in which all that is durable lies, held by this process alone. */
export interface DataFolder {
  /** Waits until those are gone that the last launcher left behind; says so where that takes long. throws: when the signal is aborted */
  whenLeft(signal: AbortSignal | undefined, say: (text: string) => void): Promise<void>;
  /** Writes down who runs on it now. */
  note(children: readonly number[]): void;
  /** Deletes what is kept there. */
  forget(): void;
  release(): void;
}

/**
 * Takes a folder, which is made where there is none. The kernel lets go of it however this process ends.
 *
 * in      port: what whoever comes second is told
 * throws  StartError when it cannot be used, or when another process holds it
 */
export function holdDataFolder(folder: string, port: number): DataFolder {
  const note = join(folder, "launcher.json");
  const lock = takeLock(folder, note);
  const before = readHolder(note);
  const write = (children: readonly number[]) =>
    writeFileSync(note, `${JSON.stringify({ pid: process.pid, port, children })}\n`, { mode: 0o600 });
  try {
    write(before?.children ?? []);
  } catch (error) {
    // A lock can be had where nothing can be written.
    lock.close();
    throw toUnusable(folder, error);
  }
  return {
    async whenLeft(signal, say) {
      const left = () => before?.children.filter(isAlive) ?? [];
      const tell = setTimeout(() => say(`waiting for processes that were left behind: ${left().join(", ")}`), TELL_MS);
      const end = Date.now() + ORPHANS_MS;
      try {
        while (left().length > 0 && Date.now() < end) await sleep(50, undefined, signal ? { signal } : {});
      } finally {
        clearTimeout(tell);
      }
    },
    note(children) {
      // The folder may be gone: whoever holds the database says so.
      if (statSync(folder, { throwIfNoEntry: false })) write(children);
    },
    forget() {
      for (const name of readdirSync(folder))
        if (KEPT.test(name)) rmSync(join(folder, name), { recursive: true, force: true });
    },
    release() {
      rmSync(note, { force: true });
      lock.close();
    },
  };
}

function takeLock(folder: string, note: string): DatabaseSync {
  let lock: DatabaseSync;
  try {
    makeFolder(resolve(folder));
    lock = new DatabaseSync(join(folder, "lock"));
  } catch (error) {
    throw toUnusable(folder, error);
  }
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw toUnusable(folder, error);
    const { pid, port = 0 } = readHolder(note) ?? {};
    const url = readSession(folder)?.services[0]?.url ?? (port === 0 ? "" : `http://127.0.0.1:${port}`);
    const who = pid === undefined ? "another process" : `process ${pid}${url && `, at ${url},`}`;
    throw new StartError(`${folder}: ${who} runs on this data: stop it first, or choose another folder by --data`);
  }
}

const toUnusable = (folder: string, error: unknown): StartError =>
  new StartError(`--data: ${folder} cannot be used: ${(error as Error).message}`);

const SQLITE_BUSY = 5;

/** Not by `recursive`, which tries for ever where a file system says ENOENT to whoever makes a folder, as /proc does. */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Two may start at once.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

function readHolder(note: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(note, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}
