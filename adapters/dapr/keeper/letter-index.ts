import type { CallOptions, Document, Held, Ledger } from "../../core/ledger/ledger.ts";
import { EMPTY, type Entry, entriesOf, hasEntry, MOST_ENTRIES, type Page, withEntry, withoutEntry } from "./page.ts";

/** What the state API is used for. */
export type Store = Pick<Ledger, "load" | "loadAll" | "save">;

/** Which letters there are. Every call may be made again. */
export interface LetterIndex {
  /** Of a letter, by the beginning of its digest: all that begin alike are in there. */
  read(bucket: string, options?: CallOptions): Promise<Bucket>;
  /** In their order. in: some of `BUCKETS` */
  readAll(buckets: readonly string[], options?: CallOptions): Promise<readonly Bucket[]>;
  /** out: false when another was faster. in: as it was read */
  add(bucket: Bucket, entry: Entry, options?: CallOptions): Promise<boolean>;
  /** out: false when another was faster. in: as it was read */
  remove(bucket: Bucket, digest: string, options?: CallOptions): Promise<boolean>;
}

/** The letters whose digests begin alike. */
export interface Bucket {
  readonly name: string;
  /** Each once. */
  readonly entries: readonly Entry[];
  readonly pages: readonly HeldPage[];
}

interface HeldPage {
  readonly page: Page;
  readonly version: string | undefined;
}

const BUCKET_CHARACTERS = 2;
export const BUCKETS: readonly string[] = Array.from({ length: 16 ** BUCKET_CHARACTERS }, (_, index) =>
  index.toString(16).padStart(BUCKET_CHARACTERS, "0"),
);
export const bucketOf = (digest: string): string => digest.slice(0, BUCKET_CHARACTERS);

/** Pages a call: a store reads them all at once, and its sidecar holds them all. */
const PAGES_A_CALL = 64;
const CALLS_AT_ONCE = 4;
/** An empty page is kept until nobody can hold its version any more: who saves it by one must find it. */
const EMPTY_TTL_MS = 3_600_000;

const keyOf = (bucket: string, page: number): string => (page === 0 ? `index-${bucket}` : `index-${bucket}-${page}`);

/** Splits the letters by their digests: the same letter is always looked for in the same pages, however many there are. */
export function createLetterIndex(store: Store): LetterIndex {
  const loadPages = async (keys: readonly string[], options?: CallOptions): Promise<readonly HeldPage[]> => {
    const calls = Array.from({ length: Math.ceil(keys.length / PAGES_A_CALL) }, (_, call) =>
      keys.slice(call * PAGES_A_CALL, (call + 1) * PAGES_A_CALL),
    );
    const answers: (readonly HeldPage[])[] = [];
    const work = calls.entries();
    const next = async () => {
      for (const [call, some] of work) answers[call] = (await store.loadAll(some, options)).map(toPage);
    };
    await Promise.all(Array.from({ length: CALLS_AT_ONCE }, next));
    return answers.flat();
  };

  const readAll: LetterIndex["readAll"] = async (buckets, options) => {
    const firsts = await loadPages(
      buckets.map((bucket) => keyOf(bucket, 0)),
      options,
    );
    const places = firsts.flatMap(({ page: { pages = 1 } }, of) =>
      Array.from({ length: pages - 1 }, (_, index) => ({ of, key: keyOf(buckets[of] as string, index + 1) })),
    );
    const others = await loadPages(
      places.map(({ key }) => key),
      options,
    );
    const pagesOf = Map.groupBy(others.entries(), ([index]) => places[index]?.of);
    return firsts.map((first, of) =>
      toBucket(buckets[of] as string, [first, ...(pagesOf.get(of) ?? []).map(([, page]) => page)]),
    );
  };

  const save = async (
    { name, pages }: Bucket,
    { index, page, signal }: { readonly index: number; readonly page: Page } & CallOptions,
  ): Promise<boolean> => {
    const isRemovable = page.letters.length === 0 && (index > 0 || (page.pages ?? 1) === 1);
    const ttl = isRemovable ? { ttlMs: EMPTY_TTL_MS } : {};
    const options = { expected: pages[index]?.version, ...ttl, signal };
    return (await store.save(keyOf(name, index), page as unknown as Document, options)) !== false;
  };

  return {
    readAll,
    async read(bucket, options) {
      const [read] = await readAll([bucket], options);
      return read as Bucket;
    },
    async add(bucket, entry, options) {
      const { pages } = bucket;
      const free = pages.findIndex(({ page }) => page.letters.length < MOST_ENTRIES);
      const index = free === -1 ? pages.length : free;
      // How many there are is said before there are so many: one that is not there is empty.
      if (free === -1) {
        const [first] = pages;
        const page = { ...(first?.page ?? EMPTY), pages: index + 1 };
        if (!(await save(bucket, { ...options, index: 0, page }))) return false;
      }
      const page = withEntry(pages[index]?.page ?? EMPTY, entry);
      return save(bucket, { ...options, index, page });
    },
    async remove(bucket, digest, options) {
      for (const [index, { page }] of bucket.pages.entries()) {
        if (!hasEntry(page, digest)) continue;
        if (!(await save(bucket, { ...options, index, page: withoutEntry(page, digest) }))) return false;
      }
      return true;
    },
  };
}

const toPage = ({ entry, version }: Held): HeldPage => ({
  page: { ...EMPTY, ...(entry as Partial<Page> | undefined) },
  version,
});

function toBucket(name: string, pages: readonly HeldPage[]): Bucket {
  const byDigest = new Map(pages.flatMap(({ page }) => entriesOf(page)).map((entry) => [entry.digest, entry]));
  return { name, entries: [...byDigest.values()], pages };
}
