import { createHttpClient, type HttpAnswer, type HttpClient } from "../core/host/http-client.ts";
import type { Publish } from "../core/relay/publish.ts";

interface SidecarOptions {
  /** URL, with the path before the version if there is one. */
  readonly endpoint: string;
  /** In the path: v1.0. */
  readonly version: string;
  readonly token: string | undefined;
  /** For each call. */
  readonly timeoutMs: number;
}

/** The sidecar's HTTP API, as far as we use it: paths come after the version. Source: Dapr API reference. */
export type Sidecar = HttpClient;

export function createSidecar({ endpoint, version, token, timeoutMs }: SidecarOptions): Sidecar {
  const { origin, pathname } = new URL(`${endpoint}/${version}/`);
  const client = createHttpClient({ origin, timeoutMs });
  const credentials = token === undefined ? {} : { "dapr-api-token": token };
  return {
    ...client,
    call: ({ path, headers, ...call }) =>
      client.call({ ...call, path: pathname + path, headers: { ...headers, ...credentials } }),
  };
}

/** An answer that says the sidecar did not do it. */
export class SidecarError extends Error {
  override readonly name = "SidecarError";
}

/**
 * What the sidecar says of itself, without what it was given.
 *
 * source  Dapr API reference, "Errors": {errorCode, message}
 */
export function toSidecarError(what: string, { status, text }: HttpAnswer): SidecarError {
  let said = text;
  try {
    const { errorCode, message } = JSON.parse(text) as Record<string, unknown>;
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

export const STRUCTURED = "application/cloudevents+json";

/**
 * Publishes one request an event, so that brokers may keep the order of a key. The trace context goes as a header: a
 * sidecar would overwrite that of the event. On Kafka, metadata are the headers of the record, and only one that has a
 * `content-type` says to whoever reads it without Dapr what it is.
 *
 * throws  SidecarError for anything but 204
 * source  Dapr API reference, "Publish a message to a given topic"; CloudEvents, Kafka protocol binding 1.0.2, 3.3
 */
export function createPublisher({ sidecar, pubsubName }: PublisherOptions): Publish {
  const type = `metadata.content-type=${encodeURIComponent(STRUCTURED)}`;
  return async (events, { signal } = {}) => {
    for (const { topic, key, body, traceparent, tracestate } of events) {
      const answer = await sidecar.call({
        method: "POST",
        path: `publish/${pubsubName}/${topic}?metadata.partitionKey=${encodeURIComponent(key)}&${type}`,
        headers: {
          "content-type": STRUCTURED,
          ...(traceparent === undefined ? {} : { traceparent }),
          ...(tracestate === undefined ? {} : { tracestate }),
        },
        body,
        ...(signal ? { signal } : {}),
      });
      if (answer.status !== 204) throw toSidecarError(`publish to ${topic}`, answer);
    }
  };
}
