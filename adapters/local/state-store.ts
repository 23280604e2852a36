import type { DatabaseSync } from "node:sqlite";

interface StateKey {
  /** Component name. */
  readonly store: string;
  readonly appId: string;
  readonly key: string;
}

interface StoredState {
  /** JSON. */
  readonly value: string;
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly expires: number | null;
}

/** The stored version is not the one that the caller knows. */
export class EtagMismatch extends Error {
  override readonly name = "EtagMismatch";
}

interface SaveOptions extends Pick<StoredState, "value" | "expires"> {
  /** The version that it replaces. */
  readonly etag: string | undefined;
  /** Without an etag: only if there is nothing yet. */
  readonly firstWrite: boolean;
}

/** Dapr's state API in SQLite, as state.sqlite answers it. What has expired reads as absent. */
export interface StateStore {
  get(key: StateKey): StoredState | undefined;
  /** out: of one moment, in the order of the keys. */
  getAll(keys: readonly StateKey[]): readonly (StoredState | undefined)[];
  /** throws: EtagMismatch. */
  save(key: StateKey, options: SaveOptions): void;
  /** throws: EtagMismatch. */
  remove(key: StateKey, etag: string | undefined): void;
}

export function createStateStore(db: DatabaseSync): StateStore {
  db.exec(`
    CREATE TABLE IF NOT EXISTS state (
      store TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, etag TEXT NOT NULL, expires INTEGER,
      PRIMARY KEY (store, key));
  `);
  db.prepare("DELETE FROM state WHERE expires <= ?").run(Date.now());
  const select = db.prepare("SELECT value, etag, expires FROM state WHERE store = ? AND key = ?");
  const upsert = db.prepare("INSERT OR REPLACE INTO state (store, key, value, etag, expires) VALUES (?, ?, ?, ?, ?)");
  const remove = db.prepare("DELETE FROM state WHERE store = ? AND key = ?");
  const keyOf = ({ appId, key }: StateKey) => `${appId}||${key}`;

  const get = (key: StateKey): StoredState | undefined => {
    const row = select.get(key.store, keyOf(key)) as StoredState | undefined;
    return row && (row.expires === null || row.expires > Date.now()) ? row : undefined;
  };
  // No other process writes and nothing here waits, so that what was read is still so when it is written.
  const expect = (key: StateKey, etag: string) => {
    if (get(key)?.etag !== etag) throw new EtagMismatch("the etag is not that of the stored version");
  };
  return {
    get,
    // Nothing here waits: see above.
    getAll: (keys) => keys.map(get),
    save(key, { value, expires, etag, firstWrite }) {
      if (etag !== undefined) expect(key, etag);
      else if (firstWrite && get(key)) throw new EtagMismatch("item already exists and no etag was passed");
      // As state.redis counts, but on from what has expired: whoever read that must not be mistaken.
      const before = select.get(key.store, keyOf(key)) as StoredState | undefined;
      upsert.run(key.store, keyOf(key), value, String(Number(before?.etag ?? 0) + 1), expires);
    },
    remove(key, etag) {
      if (etag !== undefined) expect(key, etag);
      remove.run(key.store, keyOf(key));
    },
  };
}
