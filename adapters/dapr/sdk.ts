import { CommunicationProtocolEnum, DaprClient, StateConcurrencyEnum, StateConsistencyEnum } from "@dapr/dapr";
import { withDeadline } from "../core/dispatch/deadline.ts";
import { inBatches } from "../core/ledger/in-batches.ts";
import type { Ledger } from "../core/ledger/ledger.ts";
import type { Publish, Said } from "../core/relay/publish.ts";
import { SidecarError, STRUCTURED } from "./sidecar-client.ts";
import { toHeldOf, toTtl } from "./state-api.ts";
import { LONGEST_ENTRY } from "./state-ledger.ts";

interface SdkOptions {
  /** URL of the sidecar, without a path: the SDK would leave it out. */
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly pubsubName: string;
  /** The state component's name. */
  readonly store: string;
  /** For each call: the SDK knows neither deadline nor signal. */
  readonly timeoutMs: number;
}

export interface SdkPorts {
  readonly publish: Publish;
  readonly ledger: Ledger;
  close(): Promise<void>;
}

/** With a parameter, since the SDK takes the plain type for a reason to encode a string once more. */
const CLOUD_EVENT = `${STRUCTURED}; charset=utf-8`;

/** The SDK writes what it is about to throw to the console, events included. */
export const SILENT = { error() {}, warn() {}, info() {}, verbose() {}, debug() {} };

/**
 * The ports over DaprClient of @dapr/dapr, for those who use it already. Opt in (DAPR_CLIENT=sdk), a file of its own: 4.6 MB.
 *
 * source  @dapr/dapr 3.18.0; its faults are named where they are met
 */
export function createSdkPorts({ endpoint, token, pubsubName, store, timeoutMs }: SdkOptions): SdkPorts {
  const { protocol, hostname, port } = new URL(endpoint);
  const client = new DaprClient({
    // With the scheme: the SDK puts the port behind it and takes all of it for a URL.
    daprHost: `${protocol}//${hostname}`,
    daprPort: port || (protocol === "https:" ? "443" : "80"),
    communicationProtocol: CommunicationProtocolEnum.HTTP,
    ...(token === undefined ? {} : { daprApiToken: token }),
    logger: { service: SILENT },
  });
  let started: Promise<void> | undefined;
  /** Once for all: each call that finds the SDK not started would ask the sidecar every 0.5 s for half a minute. */
  const start = () => {
    started ??= client.start().catch((error: unknown) => {
      started = undefined;
      throw error;
    });
    return started;
  };
  const call = <T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> =>
    withDeadline(() => start().then(work), { ms: timeoutMs, signal });

  const publish: Publish = async (events, { signal } = {}) => {
    for (const { topic, key, ...event } of events) {
      const options = { contentType: CLOUD_EVENT, metadata: { partitionKey: key, "content-type": STRUCTURED } };
      const said = withTrace(event);
      const { error } = await call(() => client.pubsub.publish(pubsubName, topic, said, options), signal);
      if (error) throw toError(`publish to ${topic}`, error);
    }
  };

  const what = `state of ${store}`;
  const loadAll: Ledger["loadAll"] = async (keys, { signal } = {}) => {
    const answer = await call(() => client.state.getBulk(store, [...keys], { parallelism: keys.length }), signal).catch(
      (error) => {
        throw toError(what, error);
      },
    );
    return toHeldOf(keys, { what, items: answer as unknown as Parameters<typeof toHeldOf>[1]["items"] });
  };

  // state.get throws the ETag away.
  const load: Ledger["load"] = async (key, options) => (await loadAll([key], options))[0] ?? {};

  const save: Ledger["save"] = async (key, entry, { expected, ttlMs, signal }) => {
    const item = {
      key,
      value: entry,
      ...(expected === undefined ? {} : { etag: expected }),
      options: {
        concurrency: StateConcurrencyEnum.CONCURRENCY_FIRST_WRITE,
        consistency: StateConsistencyEnum.CONSISTENCY_STRONG,
      },
      metadata: { ttlInSeconds: toTtl(ttlMs) },
    };
    const { error } = await call(() => client.state.save(store, [item]), signal);
    if (!error) return true;
    // Lost race or store down: see state-ledger.ts.
    const { version } = await load(key, signal ? { signal } : {});
    if (version !== expected) return false;
    throw toError(what, error);
  };

  const put: Ledger["put"] = async (rows, { signal } = {}) => {
    for (const some of inBatches(rows)) {
      const items = some.map(({ key, entry, ttlMs }) => ({
        key,
        value: entry,
        options: {
          concurrency: StateConcurrencyEnum.CONCURRENCY_LAST_WRITE,
          consistency: StateConsistencyEnum.CONSISTENCY_STRONG,
        },
        metadata: { ttlInSeconds: toTtl(ttlMs) },
      }));
      const { error } = await call(() => client.state.save(store, items), signal);
      if (error) throw toError(what, error);
    }
  };

  return { publish, ledger: { load, loadAll, save, put, maxBytes: LONGEST_ENTRY }, close: () => client.stop() };
}

/** The SDK takes no headers, and daprd keeps a trace context of the event only when `traceid` says the same. */
function withTrace({ body, traceparent, tracestate }: Pick<Said, "body" | "traceparent" | "tracestate">): string {
  if (traceparent === undefined) return body;
  const trace = JSON.stringify({ traceid: traceparent, traceparent, tracestate });
  return `${trace.slice(0, -1)},${body.slice(1)}`;
}

/** in: the SDK's errors: what the sidecar answered as JSON in the message. */
function toError(what: string, error: unknown): SidecarError {
  const message = error instanceof Error ? error.message : JSON.stringify(error);
  return new SidecarError(`${what}: ${message.slice(0, 300)}`, { cause: error });
}
