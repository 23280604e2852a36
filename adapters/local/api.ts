import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type Publishing, publish } from "./api-publish.ts";
import { publishBulk } from "./api-publish-bulk.ts";
import { handleState, type StateAccess } from "./api-state.ts";
import { ApiError, type ApiReply, type ApiRequest } from "./api-types.ts";
import type { AppChannel } from "./app-channel.ts";
import { readBody } from "./read-body.ts";
import type { Subscription } from "./resource-types.ts";

/** daprd reads one byte more than its limit of 4 MiB before it refuses. */
const LONGEST_BODY = 4 * 1024 * 1024 + 1;
const KEEP_ALIVE_MS = 65_000;

interface ApiOptions extends Publishing, StateAccess {
  /** Asked for in `dapr-api-token`, everywhere but at the health routes. */
  readonly apiToken: string | undefined;
  readonly subscriptions: readonly Subscription[];
  readonly app: Pick<AppChannel, "hasStarted">;
  /** throws: when what was written is gone. */
  readonly check: () => void;
}

/**
 * One app's side of Dapr's HTTP API: publish, state, health, metadata. Everything else is answered 501.
 *
 * source  Dapr, "Dapr APIs"
 */
export function createApi(options: ApiOptions): Server {
  const answer = async (incoming: IncomingMessage): Promise<ApiReply> => {
    const { method = "GET", url = "/", headers } = incoming;
    const mark = url.indexOf("?");
    const path = mark < 0 ? url : url.slice(0, mark);
    if (path === "/v1.0/healthz/outbound") return { status: 204 };
    if (path === "/v1.0/healthz") return healthOf(options.app);
    if (!hasToken(options.apiToken, headers["dapr-api-token"])) return { status: 401, text: "invalid api token\n" };
    const query = new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1));
    const [, version, api, ...rest] = path.split("/");
    const request: ApiRequest = { method, path: rest, query, headers, body: () => readWhole(incoming) };
    const isStable = version === "v1.0";
    if (api === "publish" && isBulk(version, rest, options)) return publishBulk(toBulk(request), options);
    if (isStable && api === "publish") return publish(request, options);
    if (isStable && api === "state") return handleState(request, options);
    if (isStable && api === "metadata" && method === "GET") return metadataOf(options);
    const message = `the local sidecar does not support ${method} ${path}`;
    throw new ApiError(501, { code: "ERR_NOT_SUPPORTED", message });
  };

  const server = createServer((incoming, outgoing) => {
    answer(incoming)
      .then((reply) => {
        options.check();
        return reply;
      })
      .catch(toReply)
      .then(({ status, headers, text = "", type = "text/plain; charset=utf-8" }) => {
        const bytes = Buffer.from(text);
        const described = bytes.length > 0 ? { "content-type": type } : {};
        // What was not read cannot be told from the next request.
        const closing = incoming.complete ? {} : { connection: "close" };
        const length = status === 204 ? {} : { "content-length": bytes.length };
        outgoing.writeHead(status, { ...described, ...length, ...closing, ...headers }).end(bytes);
      })
      .catch(() => outgoing.destroy());
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return server;
}

/** Who has a component of that name means it, at the stable path. */
const isBulk = (version: string | undefined, [bulk]: readonly string[], { pubsubs }: ApiOptions): boolean =>
  bulk === "bulk" && (version === "v1.0-alpha1" || (version === "v1.0" && !pubsubs.some(({ name }) => name === bulk)));

const toBulk = (request: ApiRequest): ApiRequest => ({ ...request, path: request.path.slice(1) });

const toJson = (status: number, value: unknown): ApiReply => ({
  status,
  text: JSON.stringify(value),
  type: "application/json",
});

function toReply(error: unknown): ApiReply {
  if (error instanceof ApiError) {
    const { status, code, message, reason } = error;
    const info = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", domain: "dapr.io", metadata: {}, reason };
    return toJson(status, { errorCode: code, message, ...(reason === undefined ? {} : { details: [info] }) });
  }
  return toJson(500, { errorCode: "ERR_INTERNAL", message: error instanceof Error ? error.message : String(error) });
}

const healthOf = ({ hasStarted }: ApiOptions["app"]): ApiReply =>
  hasStarted() ? { status: 204 } : toJson(500, { errorCode: "ERR_HEALTH_NOT_READY", message: "dapr is not ready" });

function hasToken(expected: string | undefined, given: string | string[] | undefined): boolean {
  if (expected === undefined) return true;
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return typeof given === "string" && timingSafeEqual(digest(given), digest(expected));
}

function metadataOf({ appId, pubsubs, stores, subscriptions }: ApiOptions): ApiReply {
  return toJson(200, {
    id: appId,
    runtimeVersion: "local",
    components: [...pubsubs, ...stores].map(({ name, type, version }) => ({ name, type, version, capabilities: [] })),
    subscriptions: subscriptions.map(({ pubsub, topic, path, deadLetterTopic = "" }) => ({
      pubsubname: pubsub,
      topic,
      rules: [{ match: "", path }],
      deadLetterTopic,
      type: "DECLARATIVE",
    })),
  });
}

async function readWhole(incoming: IncomingMessage): Promise<Buffer> {
  const body = await readBody(incoming, LONGEST_BODY);
  if (!body) throw new RangeError("the body is longer than 4 MiB");
  return body;
}
