import { ApiError, type ApiReply, type ApiRequest, decode } from "./api-types.ts";
import type { Broker } from "./broker.ts";
import { NotACloudEvent, toMessage } from "./envelope.ts";
import type { PubSub } from "./resource-types.ts";
import { mayUse } from "./scopes.ts";

export interface Publishing {
  readonly appId: string;
  readonly pubsubs: readonly PubSub[];
  readonly broker: Broker;
}

/** Headers of a delivery that are not the publisher's to choose. */
const OURS =
  /^(content-(type|length)|pubsubname|dapr-api-token|host|connection|keep-alive|transfer-encoding|upgrade|te|trailer|expect|proxy-.*|.*-bin)$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

/**
 * Takes an event. It is durable when the answer is 204.
 *
 * throws  ApiError
 * source  Dapr pub/sub API reference, "Publish a message to a given topic"
 */
export async function publish(request: ApiRequest, { appId, pubsubs, broker }: Publishing): Promise<ApiReply> {
  const [name = "", ...rest] = request.path.map(decode);
  const topic = rest.join("/");
  if (/^\/*$/.test(topic) || !["POST", "PUT"].includes(request.method)) {
    const message = "failed getting app id either from the URL path or the header dapr-app-id";
    throw new ApiError(404, { code: "ERR_DIRECT_INVOKE", message });
  }
  const pubsub = pubsubs.find((one) => one.name === name);
  if (!pubsub && name === "bulk") {
    const message = "the local sidecar does not support bulk publish: publish one by one";
    throw new ApiError(501, { code: "ERR_NOT_SUPPORTED", message });
  }
  if (!pubsub) {
    const reason = "DAPR_PUBSUB_NOT_FOUND";
    throw new ApiError(404, { code: "ERR_PUBSUB_NOT_FOUND", message: `pubsub ${name} is not found`, reason });
  }
  if (!mayUse(pubsub, { appId, topic, as: "publishingScopes" })) {
    const message = `topic ${topic} is not allowed for app id ${appId}`;
    throw new ApiError(403, { code: "ERR_PUBSUB_FORBIDDEN", message, reason: "DAPR_PUBSUB_FORBIDDEN" });
  }
  const metadata = metadataOf(request.query);
  const failed = (cause: unknown) => {
    const message = `error when publishing to topic ${topic} in pubsub ${name}: ${(cause as Error).message}`;
    return new ApiError(500, { code: "ERR_PUBSUB_PUBLISH_MESSAGE", message, reason: "DAPR_PUBSUB_PUBLISH_MESSAGE" });
  };
  const body = await request.body().catch((cause) => Promise.reject(failed(cause)));
  const header = (key: string) => [request.headers[key]].flat()[0];
  try {
    const message = toMessage({
      appId,
      pubsub: name,
      topic,
      contentType: header("content-type"),
      body,
      metadata,
      traceparent: header("traceparent"),
      tracestate: header("tracestate"),
    });
    broker.publish({ component: name, topic }, message);
    return { status: 204 };
  } catch (error) {
    if (!(error instanceof NotACloudEvent)) throw failed(error);
    const reason = "DAPR_PUBSUB_CLOUD_EVENT_CREATION";
    throw new ApiError(500, { code: "ERR_PUBSUB_CLOUD_EVENTS_SER", message: "cannot create cloudevent", reason });
  }
}

/** out: what `metadata.` parameters say, without the prefix. throws: ApiError for one that no delivery could carry. */
function metadataOf(query: URLSearchParams): ReadonlyMap<string, string> {
  const refuse = (why: string) => {
    const message = `failed deserializing metadata. Error: ${why}`;
    return new ApiError(400, {
      code: "ERR_PUBSUB_REQUEST_METADATA",
      message,
      reason: "DAPR_PUBSUB_METADATA_DESERIALIZATION",
    });
  };
  const metadata = new Map<string, string>();
  for (const [parameter, value] of query) {
    if (!parameter.startsWith("metadata.")) continue;
    const name = parameter.slice("metadata.".length);
    if (name.toLowerCase() === "rawpayload") {
      if (!/^(true|false|1|0|t|f)$/i.test(value))
        throw refuse(`rawPayload value must be a valid boolean: actual is '${value}'`);
      if (/^(true|1|t)$/i.test(value)) throw refuse("rawPayload is not supported by the local sidecar");
    }
    if (OURS.test(name.toLowerCase())) continue;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a header must not hold.
    if (!HEADER_NAME.test(name.toLowerCase()) || /[\x00-\x08\x0a-\x1f\x7f]/.test(value))
      throw refuse(`metadata.${name} must be valid as a header`);
    metadata.set(name, value);
  }
  return metadata;
}
