import { type Document, type Held, type Ledger, textOf } from "./ledger.ts";

interface Kept {
  readonly json: string;
  readonly version: string;
  readonly expires: number;
}

/** A ledger that ends with its process: for tests. */
export function createMemoryLedger({ now = Date.now }: { readonly now?: () => number } = {}): Ledger {
  const documents = new Map<string, Kept>();
  let saves = 0;
  const read = (key: string): Held => {
    const kept = documents.get(key);
    if (!kept) return {};
    const { json, version, expires } = kept;
    return expires > now() ? { entry: JSON.parse(json) as Document, version } : { version };
  };
  const write = (key: string, entry: Document, ttlMs: number): string => {
    const version = String(++saves);
    documents.set(key, { json: textOf(entry), version, expires: now() + ttlMs });
    return version;
  };
  return {
    maxBytes: Number.POSITIVE_INFINITY,
    async load(key, options) {
      options?.signal?.throwIfAborted();
      return read(key);
    },
    async loadAll(keys, options) {
      options?.signal?.throwIfAborted();
      return keys.map(read);
    },
    async save(key, entry, { expected, signal, ttlMs = Number.POSITIVE_INFINITY }) {
      signal?.throwIfAborted();
      return documents.get(key)?.version === expected && write(key, entry, ttlMs);
    },
    async put(rows, options) {
      options?.signal?.throwIfAborted();
      for (const { key, entry, ttlMs } of rows) write(key, entry, ttlMs);
    },
  };
}
