import type { HttpAnswer } from "../core/host/http-client.ts";
import { inBatches } from "../core/ledger/in-batches.ts";
import type { CallOptions, Document, Held, Ledger, SaveOptions } from "../core/ledger/ledger.ts";
import { createFirstEtag } from "./first-etag.ts";
import { type Sidecar, SidecarError, toSidecarError } from "./sidecar-client.ts";

interface DaprLedgerOptions {
  readonly sidecar: Sidecar;
  /** The state component's name. */
  readonly store: string;
}

/** Beside what is in a request with it: daprd takes bodies of 4 MiB. */
export const LONGEST_ENTRY = 3.5 * 1024 * 1024;

/**
 * A ledger on the sidecar's state API. Every save is a first-write, with the ETag where the document exists: stores answer
 * a lost race with 409 or with 500, and only a second look tells it from a store that is down. Rows are written last-write:
 * Redis refuses that where a first-write has been, so that no key may be both.
 *
 * source  Dapr API reference, "State management"; behaviour of state.redis as observed on 1.14 and 1.18
 */
export function createDaprLedger({ sidecar, store }: DaprLedgerOptions): Ledger {
  const what = `state of ${store}`;
  const post = (body: unknown, { path = "", signal }: CallOptions & { readonly path?: string }): Promise<HttpAnswer> =>
    sidecar.call({
      method: "POST",
      path: `state/${store}${path}`,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      ...(signal ? { signal } : {}),
    });

  const first = createFirstEtag();
  const read: Ledger["load"] = async (key, { signal } = {}) => {
    const answer = await sidecar.call({ method: "GET", path: `state/${store}/${key}`, ...(signal ? { signal } : {}) });
    if (answer.status === 204) return {};
    const { etag } = answer.headers;
    if (answer.status !== 200 || typeof etag !== "string") throw toSidecarError(what, answer);
    return { entry: JSON.parse(answer.text) as Document, version: etag };
  };
  const load: Ledger["load"] = async (key, options) => {
    const held = await read(key, options);
    first.read(key, held);
    return held;
  };

  const loadAll: Ledger["loadAll"] = async (keys, options = {}) => {
    const answer = await post({ keys, parallelism: keys.length }, { ...options, path: "/bulk" });
    if (answer.status !== 200) throw toSidecarError(what, answer);
    return toHeldOf(keys, { what, items: JSON.parse(answer.text) });
  };

  const save: Ledger["save"] = async (key, entry, { due: _, ...options }) => {
    const { expected, signal } = options;
    const refused = await trySave(key, entry, options);
    if (refused === undefined) {
      if (expected === undefined) return first.created(key, entry) ?? true;
      first.replaced(key);
      return true;
    }
    const held = await read(key, { signal });
    const { version } = held;
    if (version === expected) throw toSidecarError(what, refused);
    const other = expected === undefined ? undefined : first.mistaken(key, { expected, held });
    return other !== undefined && save(key, entry, { ...options, expected: other });
  };

  /** out: undefined when it is saved */
  const trySave = async (
    key: string,
    entry: Document,
    { expected, ttlMs, ...options }: SaveOptions,
  ): Promise<HttpAnswer | undefined> => {
    const item = {
      key,
      value: entry,
      ...(expected === undefined ? {} : { etag: expected }),
      options: { concurrency: "first-write", consistency: "strong" },
      metadata: { ttlInSeconds: toTtl(ttlMs) },
    };
    const answer = await post([item], options);
    return answer.status === 204 ? undefined : answer;
  };

  const put: Ledger["put"] = async (rows, options = {}) => {
    for (const some of inBatches(rows)) {
      const items = some.map(({ key, entry, ttlMs }) => ({
        key,
        value: entry,
        options: { concurrency: "last-write", consistency: "strong" },
        metadata: { ttlInSeconds: toTtl(ttlMs) },
      }));
      const answer = await post(items, options);
      if (answer.status !== 204) throw toSidecarError(what, answer);
    }
  };

  return { load, loadAll, save, put, maxBytes: LONGEST_ENTRY };
}

/** out: seconds; -1 is for ever, and must be said: Redis would keep the time that an earlier save has given */
export const toTtl = (ttlMs: number | undefined): string =>
  ttlMs === undefined ? "-1" : String(Math.ceil(ttlMs / 1_000));

/** Of a bulk get. Neither data nor an error: there is none. */
interface Item {
  readonly key: string;
  readonly data?: Document | null | "";
  readonly etag?: string;
  readonly error?: string;
}

/**
 * What a bulk get has answered, in the order of the keys: state.sqlite has an order of its own.
 *
 * throws  SidecarError when one is missing or could not be read
 */
export function toHeldOf(
  keys: readonly string[],
  { what, items }: { readonly what: string; readonly items: readonly Item[] },
): readonly Held[] {
  const byKey = new Map(items.map((item) => [item.key, item]));
  return keys.map((key) => {
    const { data, etag, error } = byKey.get(key) ?? { error: "no answer" };
    if (error) throw new SidecarError(`${what}: ${error.slice(0, 300)}`);
    if (data === undefined || data === null || data === "") return {};
    if (typeof etag !== "string") throw new SidecarError(`${what}: a document without an ETag`);
    return { entry: data, version: etag };
  });
}
