import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A system that is open on this machine: who listens where, and what lets others in. */
export interface Session {
  /** Of the launcher. */
  readonly pid: number;
  readonly system: string;
  /** url: of its edge, where it has one. appPort: where its events come. */
  readonly services: readonly {
    readonly name: string;
    readonly url: string;
    readonly appPort: number;
    readonly sidecarUrl: string;
  }[];
  /** Of the page on which it can be seen, whose path lets others in as well. Left out: there is none. */
  readonly console?: string | undefined;
  readonly tokens: { readonly app: string; readonly dapr: string };
}

const fileIn = (dataDir: string): string => join(dataDir, "session.json");

/** out: what is open on this data; undefined where nothing is, or where it was killed */
export function readSession(dataDir: string): Session | undefined {
  try {
    const session = JSON.parse(readFileSync(fileIn(dataDir), "utf8")) as Session;
    return isAlive(session.pid) ? session : undefined;
  } catch {
    return undefined;
  }
}

/** It holds tokens: nobody else may read it. */
export function writeSession(dataDir: string, session: Session): void {
  const file = fileIn(dataDir);
  // Whoever reads it meanwhile finds the whole of it.
  const next = `${file}.${process.pid}`;
  writeFileSync(next, `${JSON.stringify(session, null, 2)}\n`, { mode: 0o600 });
  renameSync(next, file);
}

export const removeSession = (dataDir: string): void => rmSync(fileIn(dataDir), { force: true });

/** A process of another user is one, too. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
