import { randomUUID } from "node:crypto";
import { splitObject } from "../core/event/json-members.ts";
import type { Message } from "./broker.ts";
import { parseDuration } from "./duration.ts";

/** Go's decoder refuses deeper documents. */
const DEEPEST = 10_000;

export interface Publication {
  readonly appId: string;
  readonly pubsub: string;
  readonly topic: string;
  readonly contentType: string | undefined;
  readonly body: Buffer;
  /** The `metadata.*` of the query, without the prefix. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  /** Left out: as its metadata say. */
  readonly isRaw?: boolean;
}

/** The body says that it is a CloudEvent and is not. */
export class NotACloudEvent extends Error {
  override readonly name = "NotACloudEvent";
}

export const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Makes of what was published the event that subscribers get: a CloudEvent passes, everything else is wrapped. With rawPayload
 * it is the bytes as they are.
 *
 * throws  NotACloudEvent
 * source  Dapr, "Publishing & subscribing messages with Cloudevents", "without CloudEvents"; daprd 1.18.3 as recorded
 */
export function toMessage(publication: Publication): Message {
  const { contentType, metadata, body } = publication;
  const headers = JSON.stringify(Object.fromEntries(metadata));
  if (publication.isRaw ?? isRaw(metadata)) return { body, headers, expires: null };
  const members = isMediaType(contentType, "application/cloudevents+json")
    ? passThrough(publication)
    : wrap(publication);
  const ttl = parseTtl(metadata.get("ttlInSeconds") ?? metadata.get("ttl"));
  if (ttl !== undefined) members.set("expiration", JSON.stringify(toTime(Date.now() + ttl)));
  return { body: Buffer.from(join(members)), headers, expires: expiryOf(members) };
}

/** Of a publication or a subscription. */
export const isRaw = (metadata: ReadonlyMap<string, string>): boolean =>
  metadata.entries().some(([name, value]) => name.toLowerCase() === "rawpayload" && /^(true|1|t)$/i.test(value));

/** Values are JSON text and stay so: a parsed number would lose digits. */
type Members = Map<string, string>;

function passThrough({ body, pubsub, topic, ...publication }: Publication): Members {
  let members: Members;
  try {
    members = splitObject(body.toString(), DEEPEST);
  } catch (cause) {
    throw new NotACloudEvent((cause as Error).message, { cause });
  }
  const missing = (name: string) => (members.get(name) ?? "null") === "null";
  const complete = (name: string, value: string) => missing(name) && members.set(name, JSON.stringify(value));
  const trace = traceOf(publication);
  members.set("topic", JSON.stringify(topic)).set("pubsubname", JSON.stringify(pubsub));
  complete("source", "Dapr");
  complete("type", "com.dapr.event.sent");
  complete("specversion", "1.0");
  complete("time", toTime(Date.now()));
  complete("tracestate", trace.tracestate);
  // Both, as daprd does: a traceparent in the event counts only beside a traceid.
  if (missing("traceid"))
    for (const name of ["traceid", "traceparent"]) members.set(name, JSON.stringify(trace.traceparent));
  return members;
}

function wrap({
  appId,
  pubsub,
  topic,
  contentType = "text/plain",
  body,
  metadata,
  ...publication
}: Publication): Members {
  const trace = traceOf(publication);
  const chosen = (name: string) => metadata.get(`cloudevent.${name}`);
  const traceparent = chosen("traceparent") ?? chosen("traceid") ?? trace.traceparent;
  const subject = chosen("subject");
  const attributes = {
    datacontenttype: contentType,
    id: chosen("id") ?? randomUUID(),
    pubsubname: pubsub,
    source: chosen("source") ?? appId,
    specversion: "1.0",
    ...(subject === undefined ? {} : { subject }),
    time: toTime(Date.now()),
    topic,
    traceid: traceparent,
    traceparent,
    tracestate: chosen("tracestate") ?? trace.tracestate,
    type: chosen("type") ?? "com.dapr.event.sent",
  };
  const members: Members = new Map(Object.entries(attributes).map(([name, value]) => [name, JSON.stringify(value)]));
  const binary = ["application/octet-stream", "application/cloudevents+protobuf"];
  if (binary.some((type) => isMediaType(contentType, type)))
    return members.set("data_base64", JSON.stringify(body.toString("base64")));
  const text = body.toString();
  const isData = isMediaType(contentType, "application/json") && isJson(text);
  return members.set("data", isData ? text.trim() : JSON.stringify(text));
}

export const isMediaType = (contentType: string | undefined, type: string): boolean =>
  contentType?.split(";", 1)[0]?.trim().toLowerCase() === type;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const traceOf = ({ traceparent, tracestate }: Pick<Publication, "traceparent" | "tracestate">) =>
  traceparent !== undefined && TRACEPARENT.test(traceparent)
    ? { traceparent, tracestate: tracestate ?? "" }
    : { traceparent: "", tracestate: "" };

/** Keys in order and HTML escaped, as Go writes JSON: these characters occur in strings only. */
function join(members: Members): string {
  const pairs = [...members]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${JSON.stringify(name)}:${value}`);
  return `{${pairs.join()}}`.replace(
    /[<>&\u2028\u2029]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function expiryOf(members: Members): number | null {
  const expiration: unknown = JSON.parse(members.get("expiration") ?? "null");
  const time = typeof expiration === "string" ? Date.parse(expiration) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** daprd passes over a time to live that it cannot read, and over one below zero. */
function parseTtl(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,10}$/.test(text) ? Number(text) * 1_000 : parseDuration(text);
}

const toTime = (milliseconds: number) => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
