import type { Logger } from "pino";
import type { Observation } from "../core/ports.ts";
import { traceIdOf } from "../core/trace.ts";

/** One line per event: what it was, what became of it, how long it took. Never what it says. */
export const logObservation =
  (logger: Logger) =>
  ({ functionName, topic, event, outcome, durationMs, traceparent }: Observation): void => {
    const { kind, ...details } = outcome;
    logger[kind === "ack" ? "info" : "warn"](
      {
        function: functionName,
        topic,
        event: event?.id,
        type: event?.type,
        subject: event?.subject,
        outcome: kind,
        ...details,
        durationMs: Math.round(durationMs * 10) / 10,
        traceId: traceIdOf(traceparent),
      },
      "event",
    );
  };
