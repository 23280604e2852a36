import { Dead } from "../../functions/kernel/outcome.ts";
import { describe } from "../core/dispatch/outcome.ts";
import { type Job, type JobOptions, toJobs } from "../core/dispatch/receive.ts";
import type { Carried } from "../core/event/carried.ts";
import type { Message } from "../core/event/decode.ts";
import { stringifyJson } from "../core/event/json.ts";
import { isMadeUp } from "../core/event/made-up.ts";
import { essenceOf } from "../core/event/media-type.ts";
import { traceOf } from "../core/event/trace.ts";

const MESSAGE_PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished";
/** A push without wrapper writes its metadata under such names. */
const METADATA = "x-goog-pubsub-message-id";

/** One message of Pub/Sub, however it was delivered. */
interface PubsubMessage {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly body: Uint8Array;
  /** Headers of the request that carried it. */
  readonly hop: Message["headers"];
  /** Whether the attributes stand as they were published: without wrapper, a content type may be the request's own. */
  readonly isWrapped: boolean;
  readonly carried: () => Carried;
}

/**
 * Whatever Google delivers over HTTP → what there is to do: native CloudEvents, a push without wrapper, a raw push body, an
 * Eventarc envelope. The event is always ours: what an envelope says of itself changes from delivery to delivery.
 *
 * in      topic: where it was delivered for, if the path says so; maxBytes: of an event; topicPrefix: what an envelope says
 *         before a topic's own name
 * source  Pub/Sub "Push subscriptions"; Eventarc "Event format"; google.events.cloud.pubsub.v1.MessagePublishedData
 */
export function toPushJobs(request: Message, options: PushOptions = {}): readonly Job[] {
  try {
    const jobs = request.overflow ? toJobs(request, options) : open(request, options);
    return jobs.map(withoutEnvelope);
  } catch (error) {
    const refused = new Dead("envelope", `request: must be legible, got ${describe(error)}`);
    return [{ topic: options.topic, refused, message: request }];
  }
}

/** What an envelope is about is no matter of the event in it: that nobody consumes envelopes must end none in silence. */
function withoutEnvelope(job: Job): Job {
  if ("event" in job || job.about?.type !== MESSAGE_PUBLISHED) return job;
  const { about: _, ...refusal } = job;
  return refusal;
}

function open(request: Message, { topic, maxBytes, topicPrefix = "" }: PushOptions): readonly Job[] {
  const { headers } = request;
  const topicOf = (source: unknown) => topicIn(String(source), topicPrefix);
  if (headers[METADATA] !== undefined) return fromPubsub(withoutWrapper(request), { topic, maxBytes });
  const message = withoutMadeUpType(request);
  const pushed = toPushBody(message);
  if (pushed)
    return fromPubsub(toPubsubMessage(pushed, message), {
      topic: topic ?? topicOf(headers["ce-source"]),
      maxBytes,
    });
  return toJobs(message, { topic, maxBytes }).flatMap((job) => {
    if (!("event" in job) || job.event.type !== MESSAGE_PUBLISHED) return [job];
    const { source, data } = job.event;
    const inner = (data as { message?: unknown } | undefined)?.message;
    if (isObject(inner))
      return fromPubsub(toPubsubMessage(inner, message), { topic: topic ?? topicOf(source), maxBytes });
    const refused = new Dead("json", `data.message of ${MESSAGE_PUBLISHED}: must be a Pub/Sub message, got none`);
    return [{ topic, traceparent: job.traceparent, refused, message }];
  });
}

interface PushOptions extends Pick<JobOptions, "topic" | "maxBytes"> {
  readonly topicPrefix?: string | undefined;
}

/**
 * What is larger than an event may be, for it holds one in base64.
 *
 * out  the message in the body of a push, raw or as the data of a binary envelope; undefined for any other body
 */
function toPushBody({ headers, body }: Message): Readonly<Record<string, unknown>> | undefined {
  if (headers["ce-specversion"] !== undefined && headers["ce-type"] !== MESSAGE_PUBLISHED) return undefined;
  if (essenceOf(String(headers["content-type"] ?? "application/json")) !== "application/json") return undefined;
  try {
    const { specversion, subscription, message } = JSON.parse(Buffer.from(body).toString("utf8"));
    return specversion === undefined && typeof subscription === "string" && isObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

/** Without wrapper, what Pub/Sub says of a message stands among its attributes, and both among the request's headers. */
function withoutWrapper({ headers, body }: Message): PubsubMessage {
  const attributes = toUtf8(headers);
  const carried = () => ({
    messageId: textIn(attributes, METADATA),
    key: textIn(attributes, "x-goog-pubsub-ordering-key") ?? textIn(attributes, "x-goog-ordering-key"),
    headers: toTexts(attributes),
  });
  return { attributes, body, hop: headers, isWrapped: false, carried };
}

function toPubsubMessage(message: Readonly<Record<string, unknown>>, { headers }: Message): PubsubMessage {
  const { data } = message;
  const attributes = isObject(message.attributes) ? message.attributes : {};
  return {
    attributes,
    carried: () => ({
      messageId: textIn(message, "messageId"),
      key: textIn(message, "orderingKey"),
      attributes: toTexts(attributes),
    }),
    body: Buffer.from(typeof data === "string" ? data : "", "base64"),
    hop: headers,
    isWrapped: true,
  };
}

/** A push without wrapper and without metadata is its data alone, under whatever content type its client makes up. */
function withoutMadeUpType(message: Message): Message {
  const { "content-type": contentType, ...headers } = message.headers;
  const isNobodysWord =
    typeof contentType === "string" && isMadeUp(contentType) && !Object.keys(headers).some(isBinary);
  return isNobodysWord ? { ...message, headers } : message;
}

/** Google's own hop starts a trace at each delivery: the one that the message carries goes first. */
function fromPubsub(pushed: PubsubMessage, options: PushOptions): readonly Job[] {
  const { attributes, body, hop, carried } = pushed;
  const published = ["ce-", "googclient_"].map((prefix) => ({
    traceparent: attributes[`${prefix}traceparent`],
    tracestate: attributes[`${prefix}tracestate`],
  }));
  const message = { headers: toHeaders(pushed), body, carried };
  return toJobs(message, options).map((job) => ({
    ...job,
    ...traceOf(...published, "event" in job ? job.event : {}, hop),
  }));
}

/**
 * Attributes → headers. A producer that sends a structured event without saying so (a sidecar does) gets by with what its
 * body says.
 *
 * source  googleapis/google-cloudevents, "Pub/Sub protocol binding": content-type, ce-<name>, values as they are
 */
function toHeaders({ attributes, isWrapped }: PubsubMessage): Message["headers"] {
  const headers: Record<string, string> = {};
  const types: { said?: string; ofData?: string } = {};
  for (const [name, value] of Object.entries(attributes)) {
    const header = name.toLowerCase();
    const text = typeof value === "string" ? value : stringifyJson(value);
    if (header === "content-type") types.said = text;
    else if (header === "ce-datacontenttype") types.ofData = text;
    else if (header.startsWith("ce-")) headers[header] = text;
  }
  const contentType = contentTypeOf(types, { isEvent: headers["ce-specversion"] !== undefined, isWrapped });
  return {
    ...(Object.keys(headers).some(isBinary) ? headers : {}),
    ...(contentType === undefined ? {} : { "content-type": contentType }),
  };
}

/**
 * What the sender says of the body. With wrapper that is its attribute. Without, application/x-www-form-urlencoded is the
 * emulator's own, and application/octet-stream may be a client's: both give way to ce-datacontenttype, which only a sender
 * writes. Where there is none, bytes stay bytes, for no service was seen to make that up beside attributes.
 */
function contentTypeOf(
  { said, ofData }: { readonly said?: string; readonly ofData?: string },
  { isEvent, isWrapped }: { readonly isEvent: boolean; readonly isWrapped: boolean },
): string | undefined {
  if (!isEvent) return [said, ofData].find((type) => type !== undefined && !isMadeUp(type));
  if (isWrapped || said === undefined || !isMadeUp(said)) return said ?? ofData;
  return ofData ?? (essenceOf(said) === "application/octet-stream" ? said : undefined);
}

const TRACE = new Set(["ce-traceparent", "ce-tracestate"]);
/** Nothing but a trace beside it does not make an event a binary one. */
const isBinary = (header: string): boolean => header.startsWith("ce-") && !TRACE.has(header);

/** Node reads header bytes as Latin-1, and attributes are UTF-8. */
function toUtf8(headers: Message["headers"]): PubsubMessage["attributes"] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Buffer.from(String(value), "latin1").toString("utf8")]),
  );
}

const textIn = (message: Readonly<Record<string, unknown>>, name: string): string | undefined =>
  typeof message[name] === "string" && message[name] !== "" ? message[name] : undefined;

const toTexts = (attributes: PubsubMessage["attributes"]): Message["headers"] =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, typeof value === "string" ? value : stringifyJson(value)]),
  );

function topicIn(source: string, prefix: string): string | undefined {
  const name = /^\/\/pubsub\.googleapis\.com\/projects\/[^/]+\/topics\/([^/]+)$/.exec(source)?.[1];
  return name?.startsWith(prefix) ? name.slice(prefix.length) : name;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
