const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

const MOST_MEMBERS = 32;
/** What everybody has to pass on; daprd drops a longer one. */
const MOST_CHARACTERS = 512;
const LONG_MEMBER = 128;
/** More than the longest list that is one, with blanks. */
const MOST_READ = 20_000;

/** W3C trace context: a step of a trace, and what tracing systems have noted of the trace on the way there. */
export interface Trace {
  readonly traceparent: string | undefined;
  /** Only beside a traceparent. */
  readonly tracestate: string | undefined;
}

/** Anything that may carry the two: an event, an origin, headers. */
type Candidate = Readonly<Partial<Record<"traceparent" | "tracestate", unknown>>> | Readonly<Record<string, unknown>>;

/**
 * The first of the candidates that is a trace context, and nothing more: it becomes headers, where other text would make
 * every publish fail. Sidecars without tracing send one of zeros only: it is none.
 *
 * A tracestate is that of the candidate, or of another one in the same trace: sidecars begin a step of their own for each
 * delivery, and leave the tracestate of their trace in the event.
 *
 * source  W3C Trace Context, 3.2.2, 3.3, 3.4
 */
export function traceOf(...candidates: readonly Candidate[]): Trace {
  const chosen = candidates.find(isTraced)?.traceparent;
  if (chosen === undefined) return { traceparent: undefined, tracestate: undefined };
  const noted = candidates.find((each) => each.tracestate && isTraced(each) && isSameTrace(each.traceparent, chosen));
  return { traceparent: chosen, tracestate: noted && toTracestate(noted.tracestate) };
}

const isTraced = (candidate: Candidate): candidate is Candidate & { readonly traceparent: string } =>
  typeof candidate.traceparent === "string" && TRACEPARENT.test(candidate.traceparent);

/** out: 32 hex digits */
export const traceIdOf = (traceparent: string | undefined): string | undefined => traceparent?.slice(3, 35);

const isSameTrace = (one: string, other: string): boolean => traceIdOf(one) === traceIdOf(other);

const PRINTABLE = /^[\t -~]*$/;
const MEMBER =
  /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})=[ -+\x2d-<>-~]{0,255}[!-+\x2d-<>-~]$/;

/**
 * A list as it is passed on, without blanks around its members, since an attribute of an event must not hold a tab. One with
 * a fault is none at all; of one that is too long, long members go first, then those at the end.
 *
 * out     at most 512 characters
 * source  W3C Trace Context, 3.3.1
 */
function toTracestate(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > MOST_READ || !PRINTABLE.test(value)) return undefined;
  const members = value.split(",").flatMap((member) => member.trim() || []);
  if (members.length > MOST_MEMBERS || !members.every((member) => MEMBER.test(member))) return undefined;
  while (members.join().length > MOST_CHARACTERS)
    // Of no long one the index is -1: the last.
    members.splice(
      members.findLastIndex(({ length }) => length > LONG_MEMBER),
      1,
    );
  return members.join() || undefined;
}
