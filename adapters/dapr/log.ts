import type { Logger } from "pino";
import { toLogFields } from "../core/log-fields.ts";
import type { Observation } from "../core/ports.ts";

/** One line per event. */
export const logObservation =
  (logger: Logger) =>
  (observation: Observation): void =>
    logger[observation.outcome.kind === "ack" ? "info" : "warn"](toLogFields(observation), "event");
