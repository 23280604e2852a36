import type { Happening } from "../../adapters/local/console/api-types.ts";

type Unnumbered = Omit<Happening, "id">;

/** A span, as Zipkin's API gives it. */
export interface Span {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly name?: string;
  /** µs since the epoch, and µs. */
  readonly timestamp?: number;
  readonly duration?: number;
  readonly localEndpoint?: { readonly serviceName?: string };
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * What a sidecar has published. Its other spans are the state API's, which no event is known by.
 *
 * out     undefined for those
 * source  daprd 1.14 and 1.18: a span of a publish is named by its path, `/v1.0/publish/pubsub/topic`
 */
export function fromSpan({ traceId, name = "", timestamp = 0, duration, localEndpoint }: Span): Unnumbered | undefined {
  const topic = /\/publish\/(?:bulk\/)?[^/]+\/([^/?]+)/.exec(name)?.[1];
  const app = localEndpoint?.serviceName;
  if (topic === undefined || app === undefined || app === "") return undefined;
  return {
    at: timestamp / 1_000,
    kind: "published",
    app,
    topic: decodeURIComponent(topic),
    correlation: traceId,
    ...(duration === undefined ? {} : { ms: duration / 1_000 }),
  };
}
