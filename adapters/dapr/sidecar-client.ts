import { Agent, request } from "node:http";
import { text } from "node:stream/consumers";
import type { CallOptions } from "../core/ledger.ts";
import type { Publish } from "../core/publish.ts";

interface SidecarOptions {
  readonly port: number;
  /** In the path: v1.0. */
  readonly version: string;
  readonly token: string | undefined;
  /** For each call. */
  readonly timeoutMs: number;
}

interface Call extends CallOptions {
  readonly method: "GET" | "POST";
  /** After the version. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface SidecarAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** The sidecar's HTTP API, as far as we use it. Source: Dapr API reference. */
export interface Sidecar {
  /** throws: when there is no answer in time. */
  call(call: Call): Promise<SidecarAnswer>;
  close(): Promise<void>;
}

export function createSidecar({ port, version, token, timeoutMs }: SidecarOptions): Sidecar {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const credentials = token === undefined ? {} : { "dapr-api-token": token };

  const send = ({ method, path, headers, body, signal }: Call): Promise<SidecarAnswer> =>
    new Promise((resolve, reject) => {
      const outgoing = request({
        agent,
        host: "127.0.0.1",
        port,
        method,
        path: `/${version}/${path}`,
        headers: { ...headers, ...credentials, "content-length": Buffer.byteLength(body ?? "") },
        ...(signal ? { signal } : {}),
      });
      outgoing.setTimeout(timeoutMs, () => outgoing.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      outgoing.on("error", (error) => reject(Object.assign(error, { reused: outgoing.reusedSocket })));
      outgoing.on("response", (answer) => {
        const { statusCode = 0, headers: answered } = answer;
        text(answer).then((said) => resolve({ status: statusCode, headers: answered, text: said }), reject);
      });
      outgoing.end(body);
    });

  return {
    // The other side may close a connection just as it is used again. Whatever we ask for may be asked twice.
    call: (call) => send(call).catch((error) => (isStale(error) ? send(call) : Promise.reject(error))),
    async close() {
      agent.destroy();
    },
  };
}

/** A connection that was kept and had been closed. */
const isStale = ({ code, reused }: { readonly code?: string; readonly reused?: boolean }): boolean =>
  reused === true && (code === "ECONNRESET" || code === "EPIPE");

/** An answer that says the sidecar did not do it. */
export class SidecarError extends Error {
  override readonly name = "SidecarError";
}

/**
 * What the sidecar says of itself, without what it was given.
 *
 * source  Dapr API reference, "Errors": {errorCode, message}
 */
export function toSidecarError(what: string, { status, text: answered }: SidecarAnswer): SidecarError {
  let said = answered;
  try {
    const { errorCode, message } = JSON.parse(answered) as Record<string, unknown>;
    said = [errorCode, message].filter((part) => typeof part === "string").join(": ");
  } catch {
    // Some refusals are plain text.
  }
  return new SidecarError(`${what}: the sidecar answered ${status} ${said.slice(0, 200)}`.trim());
}

interface PublisherOptions {
  readonly sidecar: Sidecar;
  readonly pubsubName: string;
}

/**
 * Publishes one request an event, so that brokers may keep the order of a key. The trace context goes as a header: a
 * sidecar would overwrite that of the event.
 *
 * throws  SidecarError for anything but 204
 * source  Dapr API reference, "Publish a message to a given topic"
 */
export function createPublisher({ sidecar, pubsubName }: PublisherOptions): Publish {
  return async (events, { signal } = {}) => {
    for (const { topic, key, body, traceparent } of events) {
      const answer = await sidecar.call({
        method: "POST",
        path: `publish/${pubsubName}/${topic}?metadata.partitionKey=${encodeURIComponent(key)}`,
        headers: {
          "content-type": "application/cloudevents+json",
          ...(traceparent === undefined ? {} : { traceparent }),
        },
        body,
        ...(signal ? { signal } : {}),
      });
      if (answer.status !== 204) throw toSidecarError(`publish to ${topic}`, answer);
    }
  };
}
