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

/** created → billing, notification, shipping; bill → order; paid → three; shipment → order; shipped → three */
export const LEAST_DELIVERIES = 11;
/** Of an order that is shipped: its deliveries, and five publishes. */
export const LEAST_SPANS = LEAST_DELIVERIES + 5;

/** out: in the order of names, each once */
export const servicesIn = (spans: readonly Span[]): readonly string[] =>
  [...new Set(spans.map(({ localEndpoint }) => localEndpoint.serviceName))].sort();

/** Those that hang on no other. */
export function rootsOf(spans: readonly Span[]): readonly Span[] {
  const ids = new Set(spans.map(({ id }) => id));
  return spans.filter(({ parentId }) => parentId === undefined || !ids.has(parentId));
}
