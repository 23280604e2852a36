import { CLOCK_SKEW_MS, type Ports } from "../core/dispatch/ports.ts";
import { createUnknownTypes } from "../core/dispatch/unknown-types.ts";
import { type Clock, createStoreClock } from "../core/host/store-clock.ts";
import { createAws } from "./aws-client.ts";
import type { LambdaConfig } from "./config.ts";
import { createDynamoLedger } from "./dynamodb-ledger.ts";
import { logObservation, warn } from "./log.ts";
import { createSnsPublisher } from "./sns-publish.ts";

interface PortsOptions {
  /** The name of every event type of the system. */
  readonly eventTypes: readonly string[];
  readonly clock?: Clock;
}

/** What AWS lends to the functions. */
export function createPorts(
  { aws: environment, ...config }: LambdaConfig,
  { eventTypes, clock = createStoreClock({ warn }) }: PortsOptions,
): Ports {
  const { now } = clock;
  const aws = createAws(environment, clock);
  return {
    ledger: createDynamoLedger({ aws, table: config.ledgerTable, now }),
    publish: createSnsPublisher({ aws, topicArnPrefix: config.topicArnPrefix }),
    topics: config.topics,
    types: new Set(eventTypes),
    unknown: createUnknownTypes({ ms: config.unknownTypeRetryMs }),
    retention: config.retention,
    maxEventBytes: config.maxEventBytes,
    letterSecret: config.letterSecret,
    isRelayed: config.isRelayed,
    isFrozen: true,
    now,
    deadlineMs: config.dispatchTimeoutMs,
    leaseMs: config.dispatchTimeoutMs + CLOCK_SKEW_MS,
    observe: logObservation,
  };
}
