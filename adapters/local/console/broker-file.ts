import { type Stats, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

/** Reads a broker's file beside the broker, which never waits for it. */
export interface BrokerFile {
  /**
   * Looks at it where somebody has written since it has seen all.
   *
   * in   look: in: isNew: it is another file than the last time. out: whether it has seen all
   * out  whether it could be looked at
   */
  read(look: (db: DatabaseSync, isNew: boolean) => boolean): boolean;
  close(): void;
}

export function openBrokerFile(file: string): BrokerFile {
  let opened: { readonly db: DatabaseSync; readonly inode: Stats["ino"]; version: unknown } | undefined;
  const close = () => {
    opened?.db.close();
    opened = undefined;
  };
  return {
    read(look) {
      try {
        // Deleted under it, the file is made anew.
        const { ino } = statSync(file);
        if (opened && ino !== opened.inode) close();
        const isNew = opened === undefined;
        opened ??= { db: new DatabaseSync(file, { readOnly: true }), inode: ino, version: undefined };
        // source: SQLite, "PRAGMA data_version": it changes when another connection has written
        const version = opened.db.prepare("PRAGMA data_version").get()?.data_version;
        if (!isNew && version === opened.version) return true;
        if (look(opened.db, isNew)) opened.version = version;
        return true;
      } catch {
        // It is not there yet, or not any more: another one may be, soon.
        close();
        return false;
      }
    },
    close,
  };
}
