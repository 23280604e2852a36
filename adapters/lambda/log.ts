import { toLogFields } from "../core/log-fields.ts";
import { createLevels } from "../core/log-level.ts";
import type { Observation } from "../core/ports.ts";

const levelOf = createLevels();

/** One line of JSON per event. */
export function logObservation(observation: Observation): void {
  const level = levelOf(observation);
  const time = new Date().toISOString();
  process.stdout.write(`${JSON.stringify({ level, time, ...toLogFields(observation), msg: "event" })}\n`);
}
