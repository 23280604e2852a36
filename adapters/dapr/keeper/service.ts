import closeWithGrace from "close-with-grace";
import { pino } from "pino";
import { ConfigError } from "../../core/host/config-error.ts";
import { type Config, parseConfig } from "../config.ts";
import { listenOn } from "../listen.ts";
import { createPublisher } from "../publisher.ts";
import { createSidecar } from "../sidecar-client.ts";
import { createDaprLedger } from "../state-ledger.ts";
import { ASKED_MS, createKeeperApp } from "./app.ts";
import { createLetters } from "./letters.ts";
import { createReplaying } from "./replay.ts";

/** As functions have it. */
const GRACE_MS = 20_000;

interface Keeper {
  /** What it is called: its app id. */
  readonly name: string;
  /** Those of the system that letters may go back to. */
  readonly topics: readonly string[];
  /** By name. */
  readonly functions: readonly string[];
}

/** Keeps dead letters until it is told to stop. Explains what is wrong with its environment and exits with 1. */
export async function runKeeper(keeper: Keeper): Promise<void> {
  try {
    await start(keeper, parseConfig(process.env));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${keeper.name}: cannot start\n${error.message.replaceAll(/^/gm, "  ")}\n`);
    process.exit(1);
  }
}

async function start({ name, topics: ofSystem, functions }: Keeper, config: Config): Promise<void> {
  const { daprEndpoint, daprVersion, daprApiToken, pubsubName, dispatchTimeoutMs } = config;
  const logger = pino({ base: { service: name }, level: config.logLevel });
  const sidecar = createSidecar({
    ...{ endpoint: daprEndpoint, version: daprVersion, token: daprApiToken, timeoutMs: ASKED_MS },
  });
  const store = createDaprLedger({ sidecar, store: config.stateStore });
  // Where functions are told to say everything somewhere else, that is where things die.
  const topics = [...new Set([...ofSystem, ...(config.topics ?? [])])];
  const publish = createPublisher({ sidecar, pubsubName });
  const metrics =
    config.metricsPort === undefined ? undefined : (await import("./keeper-metrics.ts")).createKeeperMetrics(name);
  const app = createKeeperApp({
    letters: createLetters(store),
    replaying: createReplaying({ sidecar, publish, pubsubName, topics, functions }),
    secret: config.letterSecret,
    deadlineMs: dispatchTimeoutMs,
    token: config.appApiToken,
    isWell: () =>
      store.load("probe").then(
        () => true,
        () => false,
      ),
    ...(metrics ? { onKept: metrics.onKept } : {}),
    logger,
  });
  closeWithGrace({ delay: GRACE_MS, logger }, async ({ err }) => {
    if (err) logger.fatal({ err }, "stopping after an error");
    await app.close();
    await sidecar.close();
    metricsServer?.close();
  });
  const at = { host: config.appHost };
  const metricsServer =
    metrics && (await listenOn({ ...at, port: config.metricsPort ?? 0, variable: "METRICS_PORT" }, metrics.serve));
  const address = await listenOn({ ...at, port: config.appPort, variable: "APP_PORT" }, (to) => app.listen(to));
  logger.info({ address, metricsPort: metricsServer?.port, sidecar: daprEndpoint }, "ready");
}
