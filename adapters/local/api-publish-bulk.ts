import * as v from "valibot";
import { failedTo, headerOf, keep, type Publishing, requireMetadata, toPublished, toTarget } from "./api-publish.ts";
import { ApiError, type ApiReply, type ApiRequest } from "./api-types.ts";
import { isMediaType, isRaw } from "./envelope.ts";

const entries = v.array(
  v.looseObject({
    entryId: v.optional(v.string(), ""),
    event: v.optional(v.unknown(), null),
    contentType: v.optional(v.string(), ""),
    metadata: v.nullish(v.record(v.string(), v.string())),
  }),
);
type Entry = v.InferOutput<typeof entries>[number];

/**
 * Takes many events, all or none, in their order. They are durable when the answer is 204.
 *
 * throws  ApiError
 * source  Dapr pub/sub API reference, "Publish multiple messages to a given topic"; daprd 1.14.0, http.go and util.go
 */
export async function publishBulk(request: ApiRequest, publishing: Publishing): Promise<ApiReply> {
  const target = toTarget(request, publishing);
  const { name, topic, metadata } = target;
  const isRawBulk = isRaw(metadata);
  try {
    const trace = { traceparent: headerOf(request, "traceparent"), tracestate: headerOf(request, "tracestate") };
    const messages = parseEntries(await request.body(), topic).map((entry) => {
      // What is said of all counts for an entry only if that has metadata of its own.
      const own = entry.metadata ? requireMetadata([...metadata, ...Object.entries(entry.metadata)]) : new Map();
      const message = { appId: publishing.appId, pubsub: name, topic, ...trace };
      const { contentType } = entry;
      return toPublished({ ...message, contentType, body: toBytes(entry, topic), metadata: own, isRaw: isRawBulk });
    });
    keep(messages, target, publishing);
    return { status: 204 };
  } catch (error) {
    throw error instanceof ApiError ? error : failedTo(target, error);
  }
}

const refuse = (why: string, topic: string) =>
  new ApiError(400, { code: "ERR_PUBSUB_EVENTS_SER", message: `error when marshalling for topic ${topic}: ${why}` });

function parseEntries(body: Buffer, topic: string): readonly Entry[] {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch (error) {
    throw refuse((error as Error).message, topic);
  }
  const parsed = v.safeParse(entries, value);
  if (!parsed.success) throw refuse("the body must be a list of entries", topic);
  const ids = new Set(parsed.output.map(({ entryId }) => entryId));
  if (ids.has("") || ids.size < parsed.output.length)
    throw refuse("entryId is duplicated or not present for entry", topic);
  return parsed.output;
}

function toBytes({ event, contentType }: Entry, topic: string): Buffer {
  const is = (...types: readonly string[]) => types.some((type) => isMediaType(contentType, type));
  if (is("application/octet-stream") && typeof event === "string") {
    const bytes = Buffer.from(event, "base64");
    if (bytes.toString("base64") !== event)
      throw refuse("unable to decode base64 application/octet-stream data", topic);
    return bytes;
  }
  if (contentType.startsWith("text/") && typeof event === "string") return Buffer.from(event);
  if (is("application/json", "application/cloudevents+json")) return Buffer.from(JSON.stringify(event));
  throw refuse("mismatch between contentType and event", topic);
}
