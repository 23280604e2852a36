import { randomUUID } from "node:crypto";
import { isObject } from "../core/event/json.ts";
import type { Message } from "./broker.ts";
import { TRACEPARENT } from "./envelope.ts";
import type { Subscription } from "./resource-types.ts";

/** What an app is sent. */
interface AppRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** An event in a bulk. */
export interface Entry {
  readonly entryId: string;
  readonly message: Message;
}

type Route = Pick<Subscription, "pubsub" | "topic" | "isRaw">;

const NO_TRACE = `00-${"0".repeat(32)}-${"0".repeat(16)}-00`;
/** Headers of a delivery that are not the publisher's to choose. */
const OURS =
  /^(content-(type|length)|pubsubname|dapr-api-token|host|connection|keep-alive|transfer-encoding|upgrade|te|trailer|expect|proxy-.*|.*-bin)$/;

/**
 * One event as an app gets it; with rawPayload in an envelope, which has an id of its own at each delivery.
 *
 * out     undefined for what is no JSON object: of a subscription without rawPayload it is none that a sidecar can read
 * source  daprd 1.14.0, subscription.go and pubsub/envelope.go; daprd 1.18.3 as recorded
 */
export function toSingle(message: Message, route: Route): AppRequest | undefined {
  const trace = route.isRaw ? [] : traceIn(message);
  if (!trace) return undefined;
  const body = route.isRaw ? toEnvelope(message, route) : message.body;
  const told = [...trace, ...Object.entries(metadataOf(message))].flatMap(([name, value]) => {
    const header = name.toLowerCase();
    // A header is bytes; Node takes a string of their values.
    return OURS.test(header) ? [] : [[header, Buffer.from(value).toString("latin1")]];
  });
  return toRequest(body, { ...Object.fromEntries(told), ...labelled("application/cloudevents+json", route) });
}

/**
 * Many events as an app gets them, as the bytes that were published.
 *
 * source  daprd 1.14.0, bulksubscription.go and pubsub/bulksubscribe_events.go: keys of maps in order, of structs as declared
 */
export function toBulk(entries: readonly Entry[], route: Route): AppRequest {
  const bulk = {
    entries: entries.map(({ entryId, message }) => ({
      entryId,
      event: toBase64(message.body),
      metadata: metadataOf(message),
      contentType: "application/octet-stream",
    })),
    id: randomUUID(),
    metadata: { pubsubName: route.pubsub },
    pubsubname: route.pubsub,
    topic: route.topic,
    type: "com.dapr.event.sent.bulk",
  };
  return toRequest(Buffer.from(JSON.stringify(bulk)), labelled("application/json", route));
}

const labelled = (contentType: string, { pubsub }: Route) => ({ "content-type": contentType, pubsubname: pubsub });

const toRequest = (body: Uint8Array, headers: AppRequest["headers"]): AppRequest => ({
  headers: { ...headers, "content-length": String(body.length) },
  body,
});

const metadataOf = ({ headers }: Message): Readonly<Record<string, string>> => JSON.parse(headers);

const toBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
const toBase64 = (bytes: Uint8Array): string => toBuffer(bytes).toString("base64");

function toEnvelope({ body }: Message, { pubsub, topic }: Route): Uint8Array {
  const envelope = {
    data_base64: toBase64(body),
    datacontenttype: "application/octet-stream",
    id: randomUUID(),
    pubsubname: pubsub,
    source: "Dapr",
    specversion: "1.0",
    topic,
    type: "com.dapr.event.sent",
  };
  return Buffer.from(JSON.stringify(envelope));
}

/** A trace context that is no string gets no header. */
function traceIn({ body }: Message): readonly (readonly [string, string])[] | undefined {
  const event = parse(body);
  if (!isObject(event) || Array.isArray(event)) return undefined;
  const { traceid, traceparent = traceid } = event as Readonly<Record<string, unknown>>;
  if (typeof traceparent !== "string") return [];
  return [["traceparent", TRACEPARENT.test(traceparent) ? traceparent : NO_TRACE]];
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(toBuffer(body).toString());
  } catch {
    return undefined;
  }
}
