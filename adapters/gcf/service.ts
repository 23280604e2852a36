import { eventTypes } from "../../functions/events/types.ts";
import { createFunctions } from "../../functions/index.ts";
import { CLOCK_SKEW_MS, type Ports } from "../core/dispatch/ports.ts";
import { createUnknownTypes } from "../core/dispatch/unknown-types.ts";
import { ConfigError } from "../core/host/common-config.ts";
import { createDummyEffects } from "../core/host/effects.ts";
import { type Clock, createStoreClock } from "../core/host/store-clock.ts";
import { keepFault } from "../core/ledger/retention.ts";
import { type GcfConfig, parseGcfConfig } from "./config.ts";
import { createFirestoreLedger } from "./firestore.ts";
import { createEmulatorIdentity, createIdentity } from "./identity.ts";
import { registerFunctions, registerOrders } from "./index.ts";
import { logObservation, warn } from "./log.ts";
import { createPublisher } from "./pubsub.ts";
import { createRest } from "./rest.ts";

/** The public edge, a function of its own. */
const EDGE = "orders";

/** Registers one function of the shop, or its public edge. Explains what is wrong with its environment and exits with 1. */
export function registerService(name: string): void {
  try {
    const config = parseGcfConfig(process.env);
    const ports = createPorts(config);
    if (name === EDGE) {
      registerOrders(EDGE, { ports });
      return;
    }
    const fn = createFunctions(createDummyEffects({ log: config.effectsLog })).find((each) => each.name === name);
    if (!fn) throw new ConfigError(`function: must be order, billing, notification, shipping or orders, got ${name}`);
    const fault = keepFault(fn, ports);
    if (fault) throw new ConfigError(fault);
    registerFunctions([fn], { ports });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${name}: cannot start\n${error.message.replaceAll(/^/gm, "  ")}\n`);
    process.exit(1);
  }
}

/** Firestore and Pub/Sub, or their emulators. */
export function createPorts(config: GcfConfig, clock: Clock = createStoreClock({ warn })): Ports {
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
      ordered: config.ordered,
    }),
    topics: config.topics,
    types: new Set(eventTypes),
    unknown: createUnknownTypes({ ms: config.unknownTypeRetryMs }),
    retention: config.retention,
    isRelayed: config.isRelayed,
    isFrozen: true,
    now,
    deadlineMs: config.dispatchTimeoutMs,
    leaseMs: config.dispatchTimeoutMs + CLOCK_SKEW_MS,
    observe: logObservation,
  };
}
