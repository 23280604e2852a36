import { toLine } from "../dispatch/outcome.ts";
import type { Observation } from "../dispatch/ports.ts";
import { traceIdOf, traceOf } from "../event/trace.ts";

const MOST_CHARACTERS = 200;

/** Whoever sends decides over them. */
const short = (value: unknown): string | undefined => (value ? toLine(`${value}`, MOST_CHARACTERS) : undefined);

/**
 * What every host logs of an event: what it was, what became of it, how long it took. Never what it says.
 *
 * out  JSON; durationMs in ms, to a tenth
 */
export function toLogFields({ functionName, topic, event, outcome, durationMs, traceparent }: Observation) {
  const { kind, ...details } = outcome;
  return {
    function: functionName,
    topic: short(topic),
    event: short(event?.id),
    type: short(event?.type),
    subject: short(event?.subject),
    correlationid: short(event?.correlationid),
    causationid: short(event?.causationid),
    outcome: kind,
    ...details,
    durationMs: Math.round(durationMs * 10) / 10,
    traceId: traceIdOf(traceOf({ traceparent }).traceparent),
  };
}
