import type { Observation } from "../core/ports.ts";
import { traceIdOf } from "../core/trace.ts";

const SEVERITY = { ack: "INFO", dead: "WARNING", retry: "WARNING" } as const;

/**
 * One line per event: what it was, what became of it, how long it took. Never what it says.
 *
 * source  Cloud Logging, "Structured logging": severity, message
 */
export function logObservation({ functionName, topic, event, outcome, durationMs, traceparent }: Observation): void {
  const { kind, ...details } = outcome;
  const line = {
    severity: SEVERITY[kind],
    message: `${functionName}: ${kind} ${event?.type ?? "(no event)"}`,
    function: functionName,
    topic,
    event: event?.id,
    type: event?.type,
    subject: event?.subject,
    outcome: kind,
    ...details,
    durationMs: Math.round(durationMs * 10) / 10,
    traceId: traceIdOf(traceparent),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
