import type { Entry, Ledger } from "./ledger.ts";

interface Document {
  readonly json: string;
  readonly version: string;
  readonly expires: number;
}

/** A ledger that ends with its process: for tests. */
export function createMemoryLedger({ now = Date.now }: { readonly now?: () => number } = {}): Ledger {
  const documents = new Map<string, Document>();
  let saves = 0;
  return {
    async load(key, options) {
      options?.signal?.throwIfAborted();
      const held = documents.get(key);
      if (!held) return {};
      const { json, version, expires } = held;
      return expires > now() ? { entry: JSON.parse(json) as Entry, version } : { version };
    },
    async save(key, entry, { expected, signal, ttlMs = Number.POSITIVE_INFINITY }) {
      signal?.throwIfAborted();
      if (documents.get(key)?.version !== expected) return false;
      documents.set(key, { json: JSON.stringify(entry), version: String(++saves), expires: now() + ttlMs });
      return true;
    },
  };
}
