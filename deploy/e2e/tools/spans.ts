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

/** Of an order that is shipped, a publish each: created, bill, paid, shipment, shipped. Bulks of bytes have no span of their delivery. */
export const LEAST_SPANS = 5;
/** Whose sidecars make them: of the shop, those that say something. */
export const SPEAKERS = ["billing", "order", "shipping"];

/** out: in the order of names, each once */
export const servicesIn = (spans: readonly Span[]): readonly string[] =>
  [...new Set(spans.map(({ localEndpoint }) => localEndpoint.serviceName))].sort();

/** Those that hang on no other. */
export function rootsOf(spans: readonly Span[]): readonly Span[] {
  const ids = new Set(spans.map(({ id }) => id));
  return spans.filter(({ parentId }) => parentId === undefined || !ids.has(parentId));
}
