import type { Observation } from "../core/dispatch/ports.ts";
import { toLogFields } from "../core/host/log-fields.ts";
import { createLevels } from "../core/host/log-level.ts";

const levelOf = createLevels();

/** One line of JSON per event. */
export function logObservation(observation: Observation): void {
  write({ level: levelOf(observation), ...toLogFields(observation), msg: "event" });
}

export const warn = (msg: string): void => write({ level: "warn", msg });

function write({ level, ...fields }: { readonly level: "info" | "warn"; readonly msg: string }): void {
  const time = new Date().toISOString();
  process.stdout.write(`${JSON.stringify({ level, time, ...fields })}\n`);
}
