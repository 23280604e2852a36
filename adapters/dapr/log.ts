import type { Logger } from "pino";
import { toLogFields } from "../core/log-fields.ts";
import { createLevels } from "../core/log-level.ts";
import type { Observation } from "../core/ports.ts";

/** One line per event. */
export function logObservation(logger: Logger): (observation: Observation) => void {
  const levelOf = createLevels();
  return (observation) => logger[levelOf(observation)](toLogFields(observation), "event");
}
