import { toLogFields } from "../core/log-fields.ts";
import type { Observation } from "../core/ports.ts";

/** One line of JSON per event. */
export function logObservation(observation: Observation): void {
  const level = observation.outcome.kind === "ack" ? "info" : "warn";
  const time = new Date().toISOString();
  process.stdout.write(`${JSON.stringify({ level, time, ...toLogFields(observation), msg: "event" })}\n`);
}
