import { hash } from "node:crypto";
import type { Document } from "../../../adapters/core/ledger/ledger.ts";
import { BUCKETS, bucketOf, type Store } from "../../../adapters/dapr/keeper/letter-index.ts";
import { EMPTY, MOST_ENTRIES, type Page, withEntry } from "../../../adapters/dapr/keeper/page.ts";

/** What a person waits for who looks at the groups of a hundred thousand letters. */
export const FIRST_SCREEN_MS = 2_000;
/** Of them. */
export const GROUPS = 40;

/** Writes the index of so many letters, as if each had come by itself, in the place of whatever was there. */
export async function fillIndex(store: Store, letters: number): Promise<void> {
  const digests = Array.from({ length: letters }, (_, n) => hash("sha256", `letter-${n}`, "hex")).toSorted();
  const byBucket = Map.groupBy(digests, bucketOf);
  for (const bucket of BUCKETS) {
    const all = byBucket.get(bucket) ?? [];
    const pages = Math.ceil(all.length / MOST_ENTRIES);
    for (let index = 0; index < pages; index++) {
      const some = all.slice(index * MOST_ENTRIES, (index + 1) * MOST_ENTRIES).map(toEntry);
      const page = some.reduce<Page>(withEntry, { ...EMPTY, ...(index === 0 ? { pages } : {}) });
      const key = `index-${bucket}${index === 0 ? "" : `-${index}`}`;
      const { version } = await store.load(key);
      if ((await store.save(key, page as unknown as Document, { expected: version })) === false)
        throw new Error(`${key}: somebody else has written it`);
    }
  }
}

function toEntry(digest: string) {
  const number = Number.parseInt(digest.slice(-6), 16) % GROUPS;
  const reason = `data.field${number}: must be there`;
  const group = { function: `function-${number % 4}`, code: "schema", reason, topic: "orders" };
  return { digest, group, at: Date.now() - number * 1_000 };
}
