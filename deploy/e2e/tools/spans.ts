/** A span, as Zipkin's API gives it and our receiver of OTLP. */
export interface Span {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly name: string;
  /** µs. */
  readonly duration?: number;
  readonly localEndpoint: { readonly serviceName: string };
}

/** Those that say something, in the order of names. A sidecar makes a span of what is said, and none of what it brings as bytes. */
export const SPEAKERS = ["billing", "order", "shipping"];
/** Of an order that is shipped: created, bill paid, order paid, dispatched, shipped. */
export const LEAST_SPANS = 5;

/** out: in the order of names, each once */
export const servicesIn = (spans: readonly Span[]): readonly string[] =>
  [...new Set(spans.map(({ localEndpoint }) => localEndpoint.serviceName))].sort();

/** Those that hang on no other. */
export function rootsOf(spans: readonly Span[]): readonly Span[] {
  const ids = new Set(spans.map(({ id }) => id));
  return spans.filter(({ parentId }) => parentId === undefined || !ids.has(parentId));
}
