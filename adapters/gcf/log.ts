import type { Observation } from "../core/dispatch/ports.ts";
import { toLogFields } from "../core/host/log-fields.ts";
import { createLevels } from "../core/host/log-level.ts";
import type { Relayed } from "../core/relay/relay.ts";

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
