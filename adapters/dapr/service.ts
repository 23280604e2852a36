import closeWithGrace from "close-with-grace";
import { pino } from "pino";
import { createFunctions } from "../../functions/index.ts";
import { type Config, ConfigError, parseConfig } from "../core/config.ts";
import { createDummyEffects } from "../core/effects.ts";
import type { Ledger } from "../core/ledger.ts";
import { createMemoryLedger } from "../core/memory-ledger.ts";
import { createDaprApp } from "./app.ts";
import { createHealth } from "./health.ts";
import { logObservation } from "./log.ts";
import { withPatience } from "./patience.ts";
import { createPublisher, createSidecar, type Sidecar } from "./sidecar-client.ts";
import { createDaprLedger } from "./state-ledger.ts";

/** Longer than a dispatch, shorter than the 30 s that Kubernetes waits before it kills. */
const GRACE_MS = 20_000;
/** Of the time for a dispatch: a call that hangs ends first, so that the outcome names the ledger or the broker, not the clock. */
const CALL_SHARE = 0.8;
/** By how much clocks may differ. */
const CLOCK_SKEW_MS = 5_000;

/** Runs one service of the shop until it is told to stop. Explains what is wrong with its environment and exits with 1. */
export async function runService(name: string): Promise<void> {
  try {
    await start(name, parseConfig(process.env));
  } catch (error) {
    if (!(error instanceof ConfigError) && !isListenError(error)) throw error;
    process.stderr.write(`${name}: cannot start\n${error.message.replaceAll(/^/gm, "  ")}\n`);
    process.exit(1);
  }
}

async function start(name: string, config: Config): Promise<void> {
  const fn = createFunctions(createDummyEffects({ log: config.effectsLog })).find((each) => each.name === name);
  if (!fn) throw new ConfigError(`service: must be order, billing, notification or shipping, got ${name}`);
  const logger = pino({ base: { service: name }, level: config.logLevel });
  const sidecar = createSidecar({
    port: config.daprHttpPort,
    version: config.daprVersion,
    token: config.daprApiToken,
    timeoutMs: Math.ceil(config.dispatchTimeoutMs * CALL_SHARE),
  });
  const ledger = await createLedger(config, sidecar);
  const health = createHealth(() => ledger.load(`${name}-probe`));
  const log = logObservation(logger);
  const patient = withPatience(fn, { ms: config.giveUpAfterMs, deadlineMs: config.dispatchTimeoutMs });
  const app = createDaprApp(patient, {
    ports: {
      ledger,
      publish: createPublisher({ sidecar, pubsubName: config.pubsubName }),
      topics: config.topics,
      now: Date.now,
      deadlineMs: config.dispatchTimeoutMs,
      leaseMs: config.dispatchTimeoutMs + CLOCK_SKEW_MS,
      observe: (observation) => {
        health.observe(observation);
        log(observation);
      },
    },
    token: config.appApiToken,
    isWell: health.check,
    logger,
    withOrders: name === "order",
  });
  closeWithGrace({ delay: GRACE_MS, logger }, async ({ err }) => {
    if (err) logger.fatal({ err }, "stopping after an error");
    await app.close();
    await ledger.close?.();
    await sidecar.close();
  });
  const address = await app.listen({ host: config.appHost, port: config.appPort });
  logger.info({ address }, "ready");
}

async function createLedger({ ledger, stateStore }: Config, sidecar: Sidecar): Promise<Ledger> {
  if (ledger === "memory") return createMemoryLedger();
  if (ledger === "dapr") return createDaprLedger({ sidecar, store: stateStore });
  const { createSqliteLedger } = await import("../core/sqlite-ledger.ts");
  return createSqliteLedger({ file: ledger.slice("sqlite:".length) });
}

const isListenError = (error: unknown): error is Error => (error as NodeJS.ErrnoException).syscall === "listen";
