import type { CallOptions } from "../../core/ledger/ledger.ts";
import type { Letter } from "./letter.ts";
import { BUCKETS, bucketOf, createLetterIndex, type Store } from "./letter-index.ts";
import { createLetterStore, type Kept } from "./letter-store.ts";
import { type Entry, type Group, keyOf, toEntry, withReason } from "./page.ts";

/** What is asked for. Left out: whatever it is. */
export interface Filter {
  readonly function?: string | undefined;
  readonly code?: string | undefined;
  readonly topic?: string | undefined;
  /** ms since the epoch: what died then or later. */
  readonly since?: number | undefined;
}

interface ListOptions extends Filter, CallOptions {
  /** Where an earlier list ended. Left out: from the beginning. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Letters of one function, code, reason and topic. */
export interface GroupOfLetters extends Group {
  readonly count: number;
  /** RFC 3339. */
  readonly first: string;
  readonly last: string;
  /** Of the last. */
  readonly digest: string;
}

/** All dead letters of a system, in a store of documents: nothing is lost to sight, whoever dies or comes between. */
export interface Letters {
  /** Once it is resolved, letter and index have it. throws: where the store cannot tell, or others are faster again and again */
  keep(letter: Letter, bytes: Buffer, options?: CallOptions): Promise<void>;
  groups(filter: Filter & CallOptions): Promise<{ readonly total: number; readonly groups: readonly GroupOfLetters[] }>;
  /** By digest. */
  list(options: ListOptions): Promise<{ readonly letters: readonly Letter[]; readonly cursor?: string }>;
  /** in: the beginning of a digest. out: all that begin so */
  find(prefix: string, options?: CallOptions): Promise<readonly Kept[]>;
  remove(digest: string, options?: CallOptions): Promise<void>;
}

const TRIES = 20;
/** Of the list: as many buckets a step. */
const BUCKETS_A_STEP = 16;

export function createLetters(store: Store): Letters {
  const index = createLetterIndex(store);
  const letters = createLetterStore(store);

  /** Does it until nothing is left to be done. in: one step. out of it: whether all was well already */
  const settle = async (what: string, step: () => Promise<boolean>): Promise<void> => {
    for (let tried = 1; tried <= TRIES; tried++) if (await step()) return;
    throw new Error(`${what}: others were faster ${TRIES} times`);
  };

  const keep: Letters["keep"] = (letter, bytes, options) => {
    const { digest } = letter;
    const entry = toEntry(letter);
    // Looked at once more at the end: whoever takes out the same letter may have come between.
    return settle(`letter ${digest}`, async () => {
      const [bucket, [kept]] = await Promise.all([
        index.read(bucketOf(digest), options),
        letters.find([digest], options),
      ]);
      const isListed = bucket.entries.some((each) => each.digest === digest);
      if (isListed && kept) return true;
      if (!isListed && !(await index.add(bucket, entry, options))) return false;
      if (!kept) await letters.put(letter, bytes, options);
      return false;
    });
  };

  /** The letter first: an entry without a letter is harmless, and is taken out by whoever meets it. */
  const remove: Letters["remove"] = async (digest, options) => {
    await letters.remove(digest, options);
    await forget(digest, options);
  };

  const forget = (digest: string, options?: CallOptions): Promise<void> =>
    settle(`letter ${digest}`, async () => {
      const bucket = await index.read(bucketOf(digest), options);
      const entry = bucket.entries.find((each) => each.digest === digest);
      if (!entry) return true;
      if (!(await index.remove(bucket, digest, options))) return false;
      const [kept] = await letters.find([digest], options);
      if (!kept) return true;
      // It has come again meanwhile.
      await keepListed(entry, options);
      return true;
    });

  const keepListed = (entry: Entry, options?: CallOptions): Promise<void> =>
    settle(`letter ${entry.digest}`, async () => {
      const bucket = await index.read(bucketOf(entry.digest), options);
      return bucket.entries.some(({ digest }) => digest === entry.digest) || index.add(bucket, entry, options);
    });

  /** Those of the entries that there are letters of. The others' letters were taken out by somebody who did not come to the end. */
  const lettersOf = async (entries: readonly Entry[], options: CallOptions): Promise<readonly Letter[]> => {
    const found = await letters.find(
      entries.map(({ digest }) => digest),
      options,
    );
    for (const [position, { digest }] of entries.entries()) {
      if (found[position]) continue;
      await letters.clear(digest, options);
      await forget(digest, options);
    }
    return found.flatMap((kept) => kept?.letter ?? []);
  };

  return {
    keep,
    remove,
    async groups({ signal, ...filter }) {
      const tallies = new Map<string, Tally>();
      const keys = new Map<Group, string>();
      let total = 0;
      for (const { entries } of await index.readAll(BUCKETS, { signal }))
        for (const entry of entries) {
          if (!isWanted(entry, filter)) continue;
          const { group } = entry;
          const key = keys.get(group) ?? keyOf(group);
          // Those of one page are one.
          keys.set(group, key);
          tallies.set(key, withLetter(tallies.get(key), entry));
          total++;
        }
      const groups = [...tallies.values()].toSorted((one, other) => other.count - one.count);
      return { total, groups: groups.map(toGroup) };
    },
    async list({ cursor = "", limit, signal, ...filter }) {
      const found: Entry[] = [];
      const from = cursor === "" ? 0 : BUCKETS.indexOf(bucketOf(cursor));
      for (let at = from; at < BUCKETS.length && found.length <= limit; at += BUCKETS_A_STEP) {
        const buckets = await index.readAll(BUCKETS.slice(at, at + BUCKETS_A_STEP), { signal });
        const entries = buckets.flatMap(({ entries }) => entries);
        const wanted = entries.filter((entry) => entry.digest > cursor && isWanted(entry, filter));
        found.push(...wanted.toSorted((one, other) => (one.digest < other.digest ? -1 : 1)));
      }
      const shown = found.slice(0, limit);
      const last = found.length > limit ? shown.at(-1) : undefined;
      return { letters: await lettersOf(shown, { signal }), ...(last ? { cursor: last.digest } : {}) };
    },
    async find(prefix, options) {
      const { entries } = await index.read(bucketOf(prefix), options);
      const digests = entries.map(({ digest }) => digest).filter((digest) => digest.startsWith(prefix));
      const found = await letters.find(digests, options);
      return found.flatMap((kept) => kept ?? []);
    },
  };
}

const isWanted = ({ group, at }: Entry, { since = Number.NEGATIVE_INFINITY, ...filter }: Filter): boolean =>
  at >= since &&
  (["function", "code", "topic"] as const).every((name) => (filter[name] ?? group[name]) === group[name]);

interface Tally extends Omit<GroupOfLetters, "first" | "last"> {
  readonly first: number;
  readonly last: number;
}

function withLetter(known: Tally | undefined, { digest, group, at }: Entry): Tally {
  if (!known) return { ...group, count: 1, first: at, last: at, digest };
  const { count, first, last } = known;
  return {
    ...withReason(known, group),
    count: count + 1,
    first: Math.min(first, at),
    last: Math.max(last, at),
    digest: at > last ? digest : known.digest,
  };
}

const toGroup = ({ first, last, ...group }: Tally): GroupOfLetters => ({
  ...group,
  first: new Date(first).toISOString(),
  last: new Date(last).toISOString(),
});
