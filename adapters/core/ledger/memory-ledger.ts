import { type Document, type Due, type Held, type Ledger, textOf, type Unsaved } from "./ledger.ts";

interface Kept {
  readonly json: string;
  readonly version: string;
  readonly expires: number;
  readonly due?: Due | undefined;
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
  const write = ({ key, entry, ttlMs = Number.POSITIVE_INFINITY, due }: Unsaved): string => {
    const version = String(++saves);
    documents.set(key, { json: textOf(entry), version, expires: now() + ttlMs, due });
    return version;
  };
  return {
    maxBytes: Number.POSITIVE_INFINITY,
    readsInOrder: true,
    async load(key, options) {
      options?.signal?.throwIfAborted();
      return read(key);
    },
    async loadAll(keys, options) {
      options?.signal?.throwIfAborted();
      return keys.map(read);
    },
    async save(key, entry, { expected, signal, ttlMs, due }) {
      signal?.throwIfAborted();
      return documents.get(key)?.version === expected && write({ key, entry, ttlMs, due });
    },
    async put(rows, options) {
      options?.signal?.throwIfAborted();
      for (const row of rows) write(row);
    },
    async due(of, { until, most, signal }) {
      signal?.throwIfAborted();
      const isDue = ({ due, expires }: Kept) => due?.of === of && due.at <= until && expires > now();
      const all = [...documents].filter(([, kept]) => isDue(kept));
      all.sort(([, one], [, other]) => (one.due?.at ?? 0) - (other.due?.at ?? 0));
      return all.slice(0, most).map(([key]) => key);
    },
  };
}
