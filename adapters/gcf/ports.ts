import { CLOCK_SKEW_MS, type Ports } from "../core/dispatch/ports.ts";
import { createUnknownTypes } from "../core/dispatch/unknown-types.ts";
import { type Clock, createStoreClock } from "../core/host/store-clock.ts";
import type { GcfConfig } from "./config.ts";
import { createFirestoreLedger } from "./firestore.ts";
import { createEmulatorIdentity, createIdentity } from "./identity.ts";
import { logObservation, warn } from "./log.ts";
import { createPublisher } from "./pubsub.ts";
import { createRest } from "./rest.ts";

interface PortsOptions {
  /** The name of every event type of the system. */
  readonly eventTypes: readonly string[];
  readonly clock?: Clock;
}

/** Firestore and Pub/Sub, or their emulators. */
export function createPorts(
  config: GcfConfig,
  { eventTypes, clock = createStoreClock({ warn }) }: PortsOptions,
): Ports {
  const { now } = clock;
  const google = createIdentity({ project: config.project });
  const believed = createEmulatorIdentity(config.project ?? "");
  const restOf = (service: string, emulator: string | undefined) =>
    createRest({
      origin: emulator === undefined ? `https://${service}.googleapis.com` : `http://${emulator}`,
      token: (emulator === undefined ? google : believed).token,
      timeoutMs: config.dispatchTimeoutMs,
      clock,
    });
  return {
    ledger: createFirestoreLedger({
      rest: restOf("firestore", config.firestoreEmulator),
      project: google.project,
      database: config.database,
      now,
    }),
    publish: createPublisher({
      rest: restOf("pubsub", config.pubsubEmulator),
      project: google.project,
      topicPrefix: config.topicPrefix,
      ordered: config.ordered,
    }),
    topics: config.topics,
    types: new Set(eventTypes),
    unknown: createUnknownTypes({ ms: config.unknownTypeRetryMs }),
    retention: config.retention,
    letterSecret: config.letterSecret,
    isRelayed: config.isRelayed,
    isFrozen: true,
    now,
    deadlineMs: config.dispatchTimeoutMs,
    leaseMs: config.dispatchTimeoutMs + CLOCK_SKEW_MS,
    observe: logObservation,
  };
}
