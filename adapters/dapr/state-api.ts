import type { HttpAnswer } from "../core/host/http-client.ts";
import type { CallOptions, Document, Held } from "../core/ledger/ledger.ts";
import { type Sidecar, SidecarError, toSidecarError } from "./sidecar-client.ts";

export interface StateApiOptions {
  readonly sidecar: Sidecar;
  /** The state component's name. */
  readonly store: string;
}

/** One item of a save as JSON. */
export type ItemText = string;

/** The sidecar's state API, as far as we use it. Source: Dapr API reference, "State management". */
export interface StateApi {
  /**
   * One by a get, several by a bulk get.
   *
   * in      keys that differ
   * out     by key; an error for what could not be read
   * throws  SidecarError where nothing could
   */
  read(keys: readonly string[], options: CallOptions): Promise<ReadonlyMap<string, Held | Error>>;
  /** In one request. A bulk that fails says only that something in it has. out: undefined when all is saved */
  write(items: readonly ItemText[], options: CallOptions): Promise<HttpAnswer | undefined>;
  /** throws: SidecarError, always */
  fail(answer: HttpAnswer): never;
}

export function createStateApi({ sidecar, store }: StateApiOptions): StateApi {
  const what = `state of ${store}`;
  const path = `state/${store}`;
  const fail = (answer: HttpAnswer) => {
    throw toSidecarError(what, answer);
  };
  const post = (body: string, { signal, isBulkGet }: CallOptions & { readonly isBulkGet?: boolean }) =>
    sidecar.call({
      method: "POST",
      path: isBulkGet ? `${path}/bulk` : path,
      headers: { "content-type": "application/json" },
      body,
      ...(signal ? { signal } : {}),
    });
  const get = async (key: string, { signal }: CallOptions): Promise<Held> => {
    const answer = await sidecar.call({ method: "GET", path: `${path}/${key}`, ...(signal ? { signal } : {}) });
    if (answer.status === 204) return {};
    const { etag } = answer.headers;
    if (answer.status !== 200 || typeof etag !== "string") return fail(answer);
    return { entry: JSON.parse(answer.text) as Document, version: etag };
  };
  return {
    fail,
    async read(keys, options) {
      const [key = ""] = keys;
      if (keys.length === 1) return new Map([[key, await get(key, options)]]);
      const asked = JSON.stringify({ keys, parallelism: keys.length });
      const answer = await post(asked, { ...options, isBulkGet: true });
      if (answer.status !== 200) return fail(answer);
      return toHeldBy(keys, { what, items: JSON.parse(answer.text) });
    },
    async write(items, options) {
      const answer = await post(`[${items.join(",")}]`, options);
      return answer.status === 204 ? undefined : answer;
    },
  };
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

interface BulkGot {
  readonly what: string;
  readonly items: readonly Item[];
}

/** What a bulk get has answered, whatever its order: state.sqlite has one of its own. */
function toHeldBy(keys: readonly string[], { what, items }: BulkGot): ReadonlyMap<string, Held | Error> {
  const byKey = new Map(items.map((item) => [item.key, item]));
  return new Map(
    keys.map((key) => {
      const { data, etag, error } = byKey.get(key) ?? { error: "no answer" };
      if (error) return [key, new SidecarError(`${what}: ${error.slice(0, 300)}`)];
      if (data === undefined || data === null || data === "") return [key, {}];
      if (typeof etag !== "string") return [key, new SidecarError(`${what}: a document without an ETag`)];
      return [key, { entry: data, version: etag }];
    }),
  );
}

/**
 * The same, in the order of the keys.
 *
 * throws  SidecarError when one is missing or could not be read
 */
export const toHeldOf = (keys: readonly string[], got: BulkGot): readonly Held[] => heldOf(keys, toHeldBy(keys, got));

/** throws: where one could not be read */
export const heldOf = (keys: readonly string[], by: ReadonlyMap<string, Held | Error>): readonly Held[] =>
  keys.map((key) => {
    const held = by.get(key) as Held | Error;
    if (held instanceof Error) throw held;
    return held;
  });
