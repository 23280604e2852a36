import { isDeepStrictEqual } from "node:util";
import type { HttpAnswer } from "../core/host/http-client.ts";
import { inBatches } from "../core/ledger/in-batches.ts";
import { type CallOptions, type Document, type Held, type Ledger, type Row, textOf } from "../core/ledger/ledger.ts";
import { createFirstEtag } from "./first-etag.ts";
import { createGroup, type Grouped } from "./group-commit.ts";
import { createStateApi, heldOf, type ItemText, type StateApi, type StateApiOptions, toTtl } from "./state-api.ts";

/** Beside what is in a request with it: daprd takes bodies of 4 MiB. */
export const LONGEST_ENTRY = 3.5 * 1024 * 1024;

const FIRST_WRITE = { concurrency: "first-write", consistency: "strong" };
const LAST_WRITE = { concurrency: "last-write", consistency: "strong" };

interface Save extends Grouped {
  readonly item: ItemText;
  readonly entry: Document;
  readonly expected: string | undefined;
}

interface Put extends Grouped {
  readonly items: readonly ItemText[];
}

/** Why a save is none, and what is there. */
interface Refused {
  readonly answer: HttpAnswer;
  readonly held: Held;
  /** It is one all the same. */
  readonly isMine: boolean;
}

/**
 * A ledger on the sidecar's state API. Every save is a first-write, with the ETag where the document exists: stores answer
 * a lost race with 409 or with 500, and only a second look tells it from a store that is down. Rows are written last-write:
 * Redis refuses that where a first-write has been, so that no key may be both. What is read, saved or put in one turn of the event
 * loop goes in one request each.
 *
 * source  Dapr API reference, "State management"; behaviour of state.redis as observed on 1.14 and 1.18
 */
export function createDaprLedger(options: StateApiOptions): Ledger {
  const api = createStateApi(options);
  const first = createFirstEtag();

  const reads = createGroup<Grouped, readonly Held[]>({
    async send(calls, options) {
      const held = await api.read([...new Set(calls.flatMap(({ keys }) => keys))], options);
      return calls.map(({ keys }) => settled(() => heldOf(keys, held)));
    },
  });
  const loadAll: Ledger["loadAll"] = async (keys, options) => {
    if (keys.length === 0) return [];
    const all = await reads({ keys, bytes: 0 }, options);
    for (const [nth, held] of all.entries()) first.read(keys[nth] as string, held);
    return all;
  };

  const saves = createGroup<Save, Refused | true>({ isOrdered: true, send: (...asked) => saveAll(api, ...asked) });
  const save: Ledger["save"] = async (key, entry, { due: _, signal, ...options }) => {
    const { expected, ttlMs } = options;
    const etag = expected === undefined ? {} : { etag: expected };
    const item = toItem({ key, entry, ttlMs }, { ...etag, options: FIRST_WRITE });
    const refused = await saves({ ...sizeOf([key], item), item, entry, expected }, { signal });
    if (refused === true) {
      if (expected === undefined) return first.created(key, entry) ?? true;
      first.replaced(key);
      return true;
    }
    const { held, answer, isMine } = refused;
    if (held.version === expected) return api.fail(answer);
    if (isMine) {
      first.replaced(key);
      return held.version ?? true;
    }
    const other = expected === undefined ? undefined : first.mistaken(key, { expected, held });
    return other !== undefined && save(key, entry, { ...options, signal, expected: other });
  };

  const puts = createGroup<Put, true>({
    isOrdered: true,
    async send(calls, options) {
      const answer = await api.write(
        calls.flatMap(({ items }) => items),
        options,
      );
      return answer ? api.fail(answer) : calls.map(() => true);
    },
  });
  const put: Ledger["put"] = async (rows, options) => {
    for (const some of inBatches(rows)) {
      const items = some.map((row) => toItem(row, { options: LAST_WRITE }));
      const keys = some.map(({ key }) => key);
      await puts({ ...sizeOf(keys, items.join()), items }, options);
    }
  };

  return {
    load: async (key, options) => (await loadAll([key], options))[0] ?? {},
    loadAll,
    save,
    put,
    maxBytes: LONGEST_ENTRY,
  };
}

const sizeOf = (keys: readonly string[], text: string): Grouped => ({ keys, bytes: Buffer.byteLength(text) });

/** The document as it was measured. */
function toItem(
  { key, entry, ttlMs }: Pick<Row, "key" | "entry"> & { readonly ttlMs?: number | undefined },
  how: object,
): ItemText {
  const rest = JSON.stringify({ key, ...how, metadata: { ttlInSeconds: toTtl(ttlMs) } });
  return `{"value":${textOf(entry)},${rest.slice(1)}`;
}

/** Whether it is saved. One that is refused has lost its race where another version is there. */
async function saveOne(api: StateApi, { keys, item }: Save, options: CallOptions): Promise<Refused | true> {
  const answer = await api.write([item], options);
  if (!answer) return true;
  const [held = {}] = heldOf(keys, await api.read(keys, options));
  return { answer, held, isMine: false };
}

/**
 * Of several together the answer only tells that something is wrong: each document is read again before anybody is answered. One that
 * is as it was goes once more by itself, since stores may refuse all of a bulk for one of them. One that is there as it was to be saved
 * is saved: another that has written the same says the same.
 */
async function saveAll(
  api: StateApi,
  calls: readonly Save[],
  options: CallOptions,
): Promise<readonly (Refused | true | Error)[]> {
  const [one, ...others] = calls;
  if (one && others.length === 0) return [await saveOne(api, one, options)];
  const items = calls.map(({ item }) => item);
  const answer = await api.write(items, options);
  if (!answer) return calls.map(() => true);
  const found = await api.read(
    calls.flatMap(({ keys }) => keys),
    options,
  );
  return Promise.all(
    calls
      .map(async (call) => {
        const [held = {}] = heldOf(call.keys, found);
        if (held.version === call.expected) return saveOne(api, call, options);
        return { answer, held, isMine: isDeepStrictEqual(held.entry, JSON.parse(textOf(call.entry))) };
      })
      .map((look) => look.catch((error: Error) => error)),
  );
}

function settled<T>(work: () => T): T | Error {
  try {
    return work();
  } catch (error) {
    return error as Error;
  }
}
