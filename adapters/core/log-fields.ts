import { toLine } from "./outcome.ts";
import type { Observation } from "./ports.ts";
import { traceIdOf } from "./trace.ts";

/** Whoever sends decides over a type. */
const MOST_OF_TYPE = 200;

/**
 * What every host logs of an event: what it was, what became of it, how long it took. Never what it says.
 *
 * out  JSON; durationMs in ms, to a tenth
 */
export function toLogFields({ functionName, topic, event, outcome, durationMs, traceparent }: Observation) {
  const { kind, ...details } = outcome;
  return {
    function: functionName,
    topic,
    event: event?.id,
    type: event?.type && toLine(event.type).slice(0, MOST_OF_TYPE),
    subject: event?.subject,
    outcome: kind,
    ...details,
    durationMs: Math.round(durationMs * 10) / 10,
    traceId: traceIdOf(traceparent),
  };
}
