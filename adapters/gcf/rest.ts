import { createHttpClient } from "../core/host/http-client.ts";
import type { Clock } from "../core/host/store-clock.ts";
import type { CallOptions } from "../core/ledger/ledger.ts";

interface RestOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  /** out: what goes behind `Bearer`. */
  readonly token: () => Promise<string>;
  /** For each call. */
  readonly timeoutMs: number;
  /** Hears of the time of each answer. Left out: nobody does. */
  readonly clock?: Clock;
}

interface Call extends CallOptions {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface RestAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A Google API. Whatever we ask for may be asked twice. */
export interface Rest {
  /** throws: when there is no answer in time. */
  call(call: Call): Promise<RestAnswer>;
  close(): Promise<void>;
}

export function createRest({ origin, token, timeoutMs, clock }: RestOptions): Rest {
  const client = createHttpClient({ origin, timeoutMs });
  return {
    async call({ body, ...call }) {
      const headers = { authorization: `Bearer ${await token()}`, "content-type": "application/json" };
      const content = body === undefined ? {} : { body: JSON.stringify(body) };
      const heard = clock?.asked?.();
      const { status, text, headers: answered } = await client.call({ ...call, ...content, headers });
      heard?.({ date: answered.date as string | undefined });
      return { status, body: parse(text) };
    },
    close: client.close,
  };
}

function parse(said: string): unknown {
  try {
    return JSON.parse(said);
  } catch {
    return said;
  }
}

/** An answer that says that Google did not do it. */
export class GoogleError extends Error {
  override readonly name = "GoogleError";
}

/** The error as the API says it. Source: google.rpc.Status in JSON, {error: {code, status, message}} */
export function toGoogleError(what: string, { status, body }: RestAnswer): GoogleError {
  const { message = "" } = errorOf(body);
  return new GoogleError(`${what}: answered ${status} ${errorOf(body).status ?? ""} ${message.slice(0, 200)}`.trim());
}

/** out: what an answer other than 2xx says of itself, or a stream at its end. */
export function errorOf(body: unknown): { readonly status?: string; readonly message?: string } {
  const said = Array.isArray(body) ? body.at(-1) : body;
  return (said as { error?: { status?: string; message?: string } } | null)?.error ?? {};
}
