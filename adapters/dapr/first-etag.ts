import { isDeepStrictEqual } from "node:util";
import { type Document, type Held, textOf } from "../core/ledger/ledger.ts";
import { createRecent } from "../core/ledger/recent.ts";

/** Documents that have to have had the same. */
const ENOUGH = 3;
/** Of those that are saved again at once, as a lease: what is larger, and what is older, is not remembered. */
const MOST_CHARACTERS = 1_024;
const HALF_REMEMBERED = 500;

/**
 * Learns the ETag of what was just created, which a save does not tell. Some stores count, so that it is always the same (state.redis:
 * "1"): then it need not be asked for. All that rests on it is looked at again where it was wrong.
 */
export interface FirstEtag {
  /** in: what was created just now. out: its ETag, as far as that is known */
  created(key: string, entry: Document): string | undefined;
  /** in: what was read instead */
  read(key: string, held: Held): void;
  /** It was saved again. */
  replaced(key: string): void;
  /**
   * A save failed.
   *
   * in   expected: the ETag that it was tried with; held: what is there
   * out  the one to save it with, where that ETag was taken for granted and what was created is still there
   */
  mistaken(key: string, { expected, held }: { readonly expected: string; readonly held: Held }): string | undefined;
}

interface Created {
  readonly entry: Document;
  readonly told: string | undefined;
}

export function createFirstEtag(): FirstEtag {
  const created = createRecent<Created>(HALF_REMEMBERED);
  let etag: string | undefined;
  let times = 0;

  const take = (key: string): Created | undefined => {
    const mine = created.get(key);
    created.delete(key);
    return mine;
  };
  return {
    created(key, entry) {
      if (textOf(entry).length > MOST_CHARACTERS) return undefined;
      const told = times >= ENOUGH ? etag : undefined;
      created.set(key, { entry, told });
      return told;
    },
    read(key, { entry, version }) {
      const mine = take(key);
      // It was mistaken once.
      if (times < 0) return;
      if (!mine || !version || !isDeepStrictEqual(mine.entry, entry)) return;
      times = version === etag ? times + 1 : 1;
      etag = version;
    },
    replaced: (key) => void take(key),
    mistaken(key, { expected, held: { entry, version } }) {
      const mine = take(key);
      if (mine?.told !== expected || !isDeepStrictEqual(mine.entry, entry)) return undefined;
      [etag, times] = [undefined, Number.NEGATIVE_INFINITY];
      return version;
    },
  };
}
