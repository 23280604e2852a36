import type { Logger } from "pino";
import type { Observation } from "../core/dispatch/ports.ts";
import { toLogFields } from "../core/host/log-fields.ts";
import { createLevels } from "../core/host/log-level.ts";

/** One line per event. */
export function logObservation(logger: Logger): (observation: Observation) => void {
  const levelOf = createLevels();
  return (observation) => logger[levelOf(observation)](toLogFields(observation), "event");
}
