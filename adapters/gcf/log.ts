import type { Observation } from "../core/dispatch/ports.ts";
import { toLogFields } from "../core/host/log-fields.ts";
import { createLevels } from "../core/host/log-level.ts";
import type { Relayed } from "../core/relay/relay.ts";

const SEVERITY = { info: "INFO", warn: "WARNING", error: "ERROR" } as const;
const levelOf = createLevels();

/**
 * One line per event. Where a function's code is at fault, Error Reporting takes it for an error of its own by what it threw.
 *
 * source  Cloud Logging, "Structured logging": severity, message; Error Reporting, "Format errors in Cloud Logging": stack_trace
 */
export function logObservation(observation: Observation): void {
  const { stack: stack_trace, ...rest } = toLogFields(observation);
  const fields = { ...rest, stack_trace };
  const severity = SEVERITY[stack_trace ? "error" : levelOf(observation)];
  const message = `${fields.function}: ${fields.outcome} ${fields.type ?? "(no event)"}`;
  process.stdout.write(`${JSON.stringify({ severity, message, ...fields })}\n`);
}

export const warn = (message: string): void =>
  void process.stdout.write(`${JSON.stringify({ severity: SEVERITY.warn, message })}\n`);

/** One line where there was anything to do: of 1,440 times a day, most say nothing. */
export function logRelayed(name: string, relayed: Relayed): void {
  const { looked, said, failed, oldestMs } = relayed;
  if (said + failed + oldestMs === 0) return;
  const severity = SEVERITY[failed > 0 ? "warn" : "info"];
  const message = `${name}: said ${said} that had been saved, ${failed} of ${looked} documents failed`;
  process.stdout.write(`${JSON.stringify({ severity, message, function: name, ...relayed })}\n`);
}
