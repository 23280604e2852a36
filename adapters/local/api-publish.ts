import { ApiError, type ApiReply, type ApiRequest, decode } from "./api-types.ts";
import type { Broker, Message } from "./broker.ts";
import type { Recorder } from "./console/recorder.ts";
import { NotACloudEvent, type Publication, toMessage } from "./envelope.ts";
import type { PubSub } from "./resource-types.ts";
import { mayUse } from "./scopes.ts";

export interface Publishing {
  readonly appId: string;
  readonly pubsubs: readonly PubSub[];
  readonly broker: Broker;
  readonly recorder: Recorder;
}

const PREFIX = "metadata.";
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

/** Where something is published to. */
interface Target {
  readonly name: string;
  readonly topic: string;
  readonly metadata: ReadonlyMap<string, string>;
}

/** throws: ApiError for what does not exist, or is not this app's to publish to. */
export function toTarget({ path, query, method }: ApiRequest, { appId, pubsubs }: Publishing): Target {
  const [name = "", ...rest] = path.map(decode);
  const topic = rest.join("/");
  if (/^\/*$/.test(topic) || !["POST", "PUT"].includes(method)) {
    const message = "failed getting app id either from the URL path or the header dapr-app-id";
    throw new ApiError(404, { code: "ERR_DIRECT_INVOKE", message });
  }
  const pubsub = pubsubs.find((one) => one.name === name);
  if (!pubsub) {
    const reason = "DAPR_PUBSUB_NOT_FOUND";
    throw new ApiError(404, { code: "ERR_PUBSUB_NOT_FOUND", message: `pubsub ${name} is not found`, reason });
  }
  if (!mayUse(pubsub, { appId, topic, as: "publishingScopes" })) {
    const message = `topic ${topic} is not allowed for app id ${appId}`;
    throw new ApiError(403, { code: "ERR_PUBSUB_FORBIDDEN", message, reason: "DAPR_PUBSUB_FORBIDDEN" });
  }
  return { name, topic, metadata: metadataOf(query) };
}

/** in: a header's name in lower case */
export const headerOf = ({ headers }: ApiRequest, name: string): string | undefined => [headers[name]].flat()[0];

/** Whoever writes it down: that fails in one way. */
export const failedTo = ({ topic, name }: Target, cause: unknown): ApiError => {
  const message = `error when publishing to topic ${topic} in pubsub ${name}: ${(cause as Error).message}`;
  return new ApiError(500, { code: "ERR_PUBSUB_PUBLISH_MESSAGE", message, reason: "DAPR_PUBSUB_PUBLISH_MESSAGE" });
};

/** throws: ApiError */
export function toPublished(publication: Publication): Message {
  try {
    return toMessage(publication);
  } catch (error) {
    if (!(error instanceof NotACloudEvent)) throw error;
    const reason = "DAPR_PUBSUB_CLOUD_EVENT_CREATION";
    throw new ApiError(500, { code: "ERR_PUBSUB_CLOUD_EVENTS_SER", message: "cannot create cloudevent", reason });
  }
}

/** They are durable when it returns. */
export function keep(
  messages: readonly Message[],
  { name, topic }: Target,
  { appId, broker, recorder }: Publishing,
): void {
  const entries = broker.publish({ component: name, topic }, ...messages);
  for (const [index, entry] of entries.entries()) {
    const message = messages[index];
    if (message) recorder.published({ appId, topic, entry, body: message.body });
  }
}

/**
 * Takes an event. It is durable when the answer is 204.
 *
 * throws  ApiError
 * source  Dapr pub/sub API reference, "Publish a message to a given topic"
 */
export async function publish(request: ApiRequest, publishing: Publishing): Promise<ApiReply> {
  const target = toTarget(request, publishing);
  const { name, topic, metadata } = target;
  try {
    const message = toPublished({
      ...{ appId: publishing.appId, pubsub: name, topic, metadata },
      body: await request.body(),
      contentType: headerOf(request, "content-type"),
      traceparent: headerOf(request, "traceparent"),
      tracestate: headerOf(request, "tracestate"),
    });
    keep([message], target, publishing);
    return { status: 204 };
  } catch (error) {
    throw error instanceof ApiError ? error : failedTo(target, error);
  }
}

/** out: what `metadata.` parameters say, without the prefix. throws: ApiError as `requireMetadata`. */
function metadataOf(query: URLSearchParams): ReadonlyMap<string, string> {
  const told = [...query].filter(([parameter]) => parameter.startsWith(PREFIX));
  return requireMetadata(told.map(([parameter, value]) => [parameter.slice(PREFIX.length), value]));
}

/** throws: ApiError for metadata that no delivery could carry. */
export function requireMetadata(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  const refuse = (why: string) => {
    const message = `failed deserializing metadata. Error: ${why}`;
    const reason = "DAPR_PUBSUB_METADATA_DESERIALIZATION";
    return new ApiError(400, { code: "ERR_PUBSUB_REQUEST_METADATA", message, reason });
  };
  for (const [name, value] of pairs) {
    if (name.toLowerCase() === "rawpayload" && !/^(true|false|1|0|t|f)$/i.test(value))
      throw refuse(`rawPayload value must be a valid boolean: actual is '${value}'`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a header must not hold.
    if (!HEADER_NAME.test(name.toLowerCase()) || /[\x00-\x08\x0a-\x1f\x7f]/.test(value))
      throw refuse(`metadata.${name} must be valid as a header`);
  }
  return new Map(pairs);
}
