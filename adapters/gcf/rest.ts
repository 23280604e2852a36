import { text } from "node:stream/consumers";
import type { CallOptions } from "../core/ledger.ts";

interface RestOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  /** out: what goes behind `Bearer`. */
  readonly token: () => Promise<string>;
  /** For each call. */
  readonly timeoutMs: number;
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

/** REST over connections that are kept: global fetch costs three times the CPU. */
export function createRest({ origin, token, timeoutMs }: RestOptions): Rest {
  // An import of node:http looks at each of its exports, and one of them loads Node's whole fetch: 19 ms of a cold start.
  const { Agent, request } = process.getBuiltinModule(origin.startsWith("http:") ? "node:http" : "node:https");
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });

  const send = async ({ method, path, body, signal }: Call): Promise<RestAnswer> => {
    const content = body === undefined ? "" : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${await token()}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(content),
    };
    return new Promise((resolve, reject) => {
      const outgoing = request(`${origin}${path}`, { agent, method, headers, ...(signal ? { signal } : {}) });
      outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      outgoing.on("error", (error) => reject(Object.assign(error, { reused: outgoing.reusedSocket })));
      outgoing.on("response", (answer) => {
        text(answer).then((said) => resolve({ status: answer.statusCode ?? 0, body: parse(said) }), reject);
      });
      outgoing.end(content);
    });
  };

  return {
    // An instance sleeps between requests, and its kept connections are closed meanwhile.
    call: (call) => send(call).catch((error) => (isStale(error) ? send(call) : Promise.reject(error))),
    async close() {
      agent.destroy();
    },
  };
}

const isStale = ({ code, reused }: { readonly code?: string; readonly reused?: boolean }): boolean =>
  reused === true && (code === "ECONNRESET" || code === "EPIPE");

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

/** out: what an answer other than 2xx says of itself. */
export function errorOf(body: unknown): { readonly status?: string; readonly message?: string } {
  const said = Array.isArray(body) ? body[0] : body;
  return (said as { error?: { status?: string; message?: string } } | null)?.error ?? {};
}
