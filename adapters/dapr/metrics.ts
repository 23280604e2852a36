import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import type { Observation } from "../core/dispatch/ports.ts";
import type { Ledger } from "../core/ledger/ledger.ts";
import type { Publish } from "../core/relay/publish.ts";
import type { Relayed } from "../core/relay/relay.ts";
import { createLately } from "./lately.ts";
import { type Address, type MetricsServer, serveMetrics } from "./metrics-server.ts";

/** In seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface Metrics {
  observe(observation: Observation): void;
  /** The same, with what it does counted. */
  watchLedger(ledger: Ledger): Ledger;
  watchPublish(publish: Publish): Publish;
  watchRelay(relayed: Relayed): void;
  serve(address: Address): Promise<MetricsServer>;
}

/** Counts what happens to the events of one function, and what its process uses. */
export function createMetrics({ name, on }: FunctionDefinition): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ function: name });
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const events = new Counter({
    name: "loosely_events_total",
    help: "Deliveries by event type and outcome: handled, duplicate, ignored, unknown, retry, dead.",
    labelNames: ["type", "outcome"],
    registers,
  });
  const durations = new Histogram({
    name: "loosely_event_duration_seconds",
    help: "From the delivery to its answer.",
    labelNames: ["type", "outcome"],
    buckets: BUCKETS,
    registers,
  });
  const retries = new Counter({
    name: "loosely_retries_total",
    help: "Deliveries that come again, by the step that failed.",
    labelNames: ["step"],
    registers,
  });
  const deadLetters = new Counter({
    name: "loosely_dead_letters_total",
    help: "Events that ended as dead letters, by reason.",
    labelNames: ["code"],
    registers,
  });
  const conflicts = new Counter({
    name: "loosely_ledger_conflicts_total",
    help: "Saves over a version that was no longer there: another delivery was faster.",
    registers,
  });
  const publishFailures = new Counter({
    name: "loosely_publish_failures_total",
    help: "Attempts to publish that failed.",
    registers,
  });
  const lately = createLately();
  const gaugeOf = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  gaugeOf(
    "loosely_unsaid_oldest_seconds",
    "For how long the oldest of what is saved and could not be said has been waiting, as of its last try.",
    () => lately.most("oldestMs") / 1_000,
  );
  gaugeOf("loosely_due", "Documents that were due, and could not be finished when they were tried last.", () =>
    lately.most("failed"),
  );
  gaugeOf("loosely_parked", "Events that are parked, as far as their last try could not finish them.", () =>
    lately.most("parked"),
  );

  return {
    observe({ event, outcome, durationMs }) {
      // Whoever sends decides over the type: only what is consumed becomes a label.
      const type = event?.type !== undefined && on.has(event.type) ? event.type : "other";
      const labels = { type, outcome: outcome.kind === "ack" ? outcome.how : outcome.kind };
      events.inc(labels);
      durations.observe(labels, durationMs / 1_000);
      if (outcome.kind === "retry") retries.inc({ step: outcome.code });
      if (outcome.kind === "dead") deadLetters.inc({ code: outcome.code });
    },
    watchLedger: (ledger) => ({
      ...ledger,
      async save(...args) {
        const saved = await ledger.save(...args);
        // One that is there already is mostly a duplicate, which was not looked for first.
        if (!saved && args[2].expected !== undefined) conflicts.inc();
        return saved;
      },
    }),
    watchPublish:
      (publish) =>
      (...args) =>
        publish(...args).catch((error: unknown) => {
          publishFailures.inc();
          throw error;
        }),
    watchRelay: lately.look,
    serve: (address) => serveMetrics(registry, address),
  };
}
