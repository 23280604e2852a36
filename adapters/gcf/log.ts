import { toLogFields } from "../core/log-fields.ts";
import type { Observation } from "../core/ports.ts";

const SEVERITY = { ack: "INFO", dead: "WARNING", retry: "WARNING" } as const;

/**
 * One line per event.
 *
 * source  Cloud Logging, "Structured logging": severity, message
 */
export function logObservation(observation: Observation): void {
  const { functionName, outcome, event } = observation;
  const severity = SEVERITY[outcome.kind];
  const message = `${functionName}: ${outcome.kind} ${event?.type ?? "(no event)"}`;
  process.stdout.write(`${JSON.stringify({ severity, message, ...toLogFields(observation) })}\n`);
}
