import { text } from "node:stream/consumers";
import { urlToHttpOptions } from "node:url";
import type { CallOptions } from "../ledger/ledger.ts";

interface HttpClientOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  /** For each call. */
  readonly timeoutMs: number;
}

interface HttpCall extends CallOptions {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** Calls that may be made twice. */
export interface HttpClient {
  /** throws: when there is no answer in time. */
  call(call: HttpCall): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** HTTP over connections that are kept: global fetch costs three times the CPU. */
export function createHttpClient({ origin, timeoutMs }: HttpClientOptions): HttpClient {
  // An import of node:http looks at each of its exports, and one of them loads Node's whole fetch: 19 ms of a cold start.
  const { Agent, request } = process.getBuiltinModule(origin.startsWith("http:") ? "node:http" : "node:https");
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const { hostname, port } = urlToHttpOptions(new URL(origin));

  const send = ({ method, path, headers, body = "", signal }: HttpCall): Promise<HttpAnswer> =>
    new Promise((resolve, reject) => {
      const outgoing = request({
        agent,
        hostname,
        port,
        method,
        path,
        headers: { ...headers, "content-length": Buffer.byteLength(body) },
        ...(signal ? { signal } : {}),
      });
      // A timeout of the request itself begins with its connection, which may never come to be.
      const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      outgoing.on("close", () => clearTimeout(timer));
      outgoing.on("error", (error) => reject(Object.assign(error, { reused: outgoing.reusedSocket })));
      outgoing.on("response", (answer) => {
        const { statusCode = 0, headers: answered } = answer;
        text(answer).then((said) => resolve({ status: statusCode, headers: answered, text: said }), reject);
      });
      outgoing.end(body);
    });

  return {
    // The other side may close a kept connection just as it is used again, or while we sleep.
    call: (call) => send(call).catch((error) => (isStale(error) ? send(call) : Promise.reject(error))),
    async close() {
      agent.destroy();
    },
  };
}

/** A connection that was kept and had been closed. */
const isStale = ({ code, reused }: { readonly code?: string; readonly reused?: boolean }): boolean =>
  reused === true && (code === "ECONNRESET" || code === "EPIPE");
