import { toLogFields } from "../core/log-fields.ts";
import { createLevels } from "../core/log-level.ts";
import type { Observation } from "../core/ports.ts";

const SEVERITY = { info: "INFO", warn: "WARNING" } as const;
const levelOf = createLevels();

/**
 * One line per event.
 *
 * source  Cloud Logging, "Structured logging": severity, message
 */
export function logObservation(observation: Observation): void {
  const fields = toLogFields(observation);
  const severity = SEVERITY[levelOf(observation)];
  const message = `${fields.function}: ${fields.outcome} ${fields.type ?? "(no event)"}`;
  process.stdout.write(`${JSON.stringify({ severity, message, ...fields })}\n`);
}
