const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * The first of the candidates that is a trace context, and nothing more: it becomes a header, where other text would make
 * every publish fail. Sidecars without tracing send one of zeros only: it is none.
 *
 * source  W3C Trace Context, 3.2.2
 */
export const traceparentOf = (...candidates: readonly unknown[]): string | undefined =>
  candidates.find((value): value is string => typeof value === "string" && TRACEPARENT.test(value));

/** out: 32 hex digits */
export const traceIdOf = (traceparent: string | undefined): string | undefined => traceparent?.slice(3, 35);
