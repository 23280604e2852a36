import type { CallOptions, Entry, Held, Ledger, SaveOptions } from "../core/ledger.ts";
import { type Sidecar, toSidecarError } from "./sidecar-client.ts";

interface DaprLedgerOptions {
  readonly sidecar: Sidecar;
  /** The state component's name. */
  readonly store: string;
}

/**
 * A ledger on the sidecar's state API. Every save is a first-write, with the ETag where the document exists: stores answer
 * a lost race with 409 or with 500, and only a second look tells it from a store that is down.
 *
 * source  Dapr API reference, "State management"; behaviour of state.redis as observed on 1.14 and 1.18
 */
export function createDaprLedger({ sidecar, store }: DaprLedgerOptions): Ledger {
  const load = async (key: string, { signal }: CallOptions = {}): Promise<Held> => {
    const answer = await sidecar.call({ method: "GET", path: `state/${store}/${key}`, ...(signal ? { signal } : {}) });
    if (answer.status === 204) return {};
    const { etag } = answer.headers;
    if (answer.status !== 200 || typeof etag !== "string") throw toSidecarError(`state of ${store}`, answer);
    return { entry: JSON.parse(answer.text) as Entry, version: etag };
  };

  const save = async (key: string, entry: Entry, { expected, ttlMs, signal }: SaveOptions): Promise<boolean> => {
    const item = {
      key,
      value: entry,
      ...(expected === undefined ? {} : { etag: expected }),
      options: { concurrency: "first-write", consistency: "strong" },
      metadata: { ttlInSeconds: toTtl(ttlMs) },
    };
    const call = { headers: { "content-type": "application/json" }, body: JSON.stringify([item]) };
    const answer = await sidecar.call({
      method: "POST",
      path: `state/${store}`,
      ...call,
      ...(signal ? { signal } : {}),
    });
    if (answer.status === 204) return true;
    const { version } = await load(key, signal ? { signal } : {});
    if (version !== expected) return false;
    throw toSidecarError(`state of ${store}`, answer);
  };

  return { load, save };
}

/** out: seconds; -1 is for ever, and must be said: Redis would keep the time that an earlier save has given */
export const toTtl = (ttlMs: number | undefined): string =>
  ttlMs === undefined ? "-1" : String(Math.ceil(ttlMs / 1_000));
