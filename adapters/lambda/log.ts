import type { Observation } from "../core/ports.ts";
import { traceIdOf } from "../core/trace.ts";

/** One line of JSON per event: what it was, what became of it, how long it took. Never what it says. */
export function logObservation({ functionName, topic, event, outcome, durationMs, traceparent }: Observation): void {
  const { kind, ...details } = outcome;
  const line = {
    level: kind === "ack" ? "info" : "warn",
    time: new Date().toISOString(),
    function: functionName,
    topic,
    event: event?.id,
    type: event?.type,
    subject: event?.subject,
    outcome: kind,
    ...details,
    durationMs: Math.round(durationMs * 10) / 10,
    traceId: traceIdOf(traceparent),
    msg: "event",
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
