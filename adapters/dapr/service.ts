import closeWithGrace from "close-with-grace";
import { pino } from "pino";
import type { FunctionDefinition } from "../../functions/kernel/define.ts";
import type { EdgeDefinition } from "../../functions/kernel/edge.ts";
import { createBulk } from "../core/dispatch/bulk.ts";
import { carefully } from "../core/dispatch/careful.ts";
import { createParking } from "../core/dispatch/parking.ts";
import { createPatience } from "../core/dispatch/patience.ts";
import { CLOCK_SKEW_MS, type Ports } from "../core/dispatch/ports.ts";
import { createUnknownTypes } from "../core/dispatch/unknown-types.ts";
import { DEMO, edgeSource } from "../core/edge/edge-settings.ts";
import { ConfigError } from "../core/host/config-error.ts";
import { begin, type DeployedFunction } from "../core/host/deployed.ts";
import { misspelt } from "../core/host/misspelt.ts";
import { marksOf } from "../core/ledger/marks.ts";
import { keepFault } from "../core/ledger/retention.ts";
import { createDoubts } from "../core/relay/doubts.ts";
import { relayNow } from "../core/relay/relay-now.ts";
import { createDaprApp, MAX_EVENT_BYTES } from "./app.ts";
import { type Config, parseConfig, requireEdge, settings as variables } from "./config.ts";
import { createEdgeApp } from "./edge.ts";
import { refusingExpired } from "./expired.ts";
import { createHealth } from "./health.ts";
import { listenOn } from "./listen.ts";
import { logObservation } from "./log.ts";
import { connect } from "./ports.ts";
import { startRelaying } from "./relaying.ts";
import { createResaying } from "./resaying.ts";

/** KUBERNETES_SERVICE_HOST nobody sets by hand, and its neighbour KUBERNETES_SERVICE_PORT is like it. */
const SETTINGS = variables.flatMap(({ variable }) => (variable.startsWith("KUBERNETES_") ? [] : variable));
/** Longer than a dispatch, shorter than the 30 s that Kubernetes waits before it kills. */
const GRACE_MS = 20_000;
/** Between a ledger that is lost and the end: long enough for whoever probes to see it. */
const LOST_MS = 2_000;
/** daprd answers that an event is published although RabbitMQ went away before it had confirmed it. */
const DOUBT_MS = 30_000;
/** Longer than a delivery that is lost on its way takes to come again. */
const SETTLED_MS = 10_000;

/**
 * Runs one function until it is told to stop. Explains what is wrong with its environment and exits with 1.
 *
 * in  what is deployed: may throw ConfigError
 */
export async function runService<Effects>(name: string, deployed: () => DeployedFunction<Effects>): Promise<void> {
  try {
    await start(deployed(), parseConfig(process.env));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${name}: cannot start\n${error.message.replaceAll(/^/gm, "  ")}\n`);
    process.exit(1);
  }
}

async function start<Effects>(deployed: DeployedFunction<Effects>, config: Config): Promise<void> {
  const wanted = begin(deployed, process.env);
  const edges = deployed.edges.map((edge) => ({ edge: edge as EdgeDefinition<never>, fn: wanted }));
  const { name, documents } = wanted;
  const fault = keepFault(wanted, config);
  if (fault) throw new ConfigError(fault);
  if (edges.length > 0) requireEdge(config);
  const logger = pino({ base: { service: name }, level: config.logLevel });
  for (const { variable, hint } of misspelt(process.env, SETTINGS)) logger.warn({ setting: variable }, hint);
  let lost: Error | undefined;
  const connection = await connect({ ...config, documents }, (why) => {
    lost = why;
    logger.fatal({ err: why }, "the ledger is lost: everything is answered 503, then this ends");
    setTimeout(() => stop.close(), LOST_MS);
  });
  const metrics = config.metricsPort === undefined ? undefined : await createMetricsOf(wanted);
  const ledger = metrics?.watchLedger(connection.ledger) ?? connection.ledger;
  const publish = metrics?.watchPublish(connection.publish) ?? connection.publish;
  const health = createHealth(() => ledger.load(`${documents}-probe`));
  const log = logObservation(logger);
  const { resaySince } = config;
  const doubts = createDoubts({ ms: DOUBT_MS, settledMs: SETTLED_MS, lostSince: resaySince, now: Date.now });
  const { lapsedAt } = connection;
  const deadlineMs = config.dispatchTimeoutMs;
  let carefulUntil = Number.NEGATIVE_INFINITY;
  const onCareful = (until: number) => {
    carefulUntil = until;
  };
  const fn = lapsedAt ? carefully(wanted, { ledger, lapsedAt, now: Date.now, deadlineMs, onCareful }) : wanted;
  const { giveUpAfterMs: ms } = config;
  const ports: Ports = {
    ledger,
    publish,
    topics: config.topics,
    types: new Set(deployed.eventTypes),
    unknown: createUnknownTypes({ ms: config.unknownTypeRetryMs }),
    patience: createPatience({ ms }),
    parking: createParking({ ms, isOn: config.isParking, onParked: (due) => relaying.wakeAt(due) }),
    retention: config.retention,
    maxEventBytes: config.maxEventBytes ?? MAX_EVENT_BYTES,
    letterSecret: config.letterSecret,
    doubts,
    atOnce: () => (Date.now() < carefulUntil ? 1 : undefined),
    isRelayed: true,
    now: Date.now,
    deadlineMs,
    leaseMs: deadlineMs + CLOCK_SKEW_MS,
    observe: (observation) => {
      health.observe(observation);
      metrics?.observe(observation);
      log(observation);
    },
  };
  const serving = {
    ports,
    token: config.appApiToken,
    isWell: async () => lost === undefined && (await health.check()),
    logger,
  };
  const bulk = createBulk(fn, refusingExpired(ports));
  const app = createDaprApp(fn, { ...serving, bulk });
  const { principalHeader, ...settings } = { ...config.edge, source: edgeSource(deployed) };
  const edge = edges.length > 0 ? createEdgeApp(edges, { ...serving, settings, principalHeader }) : undefined;
  const resaying = createResaying(fn, { ports, isLost: doubts.isLost, since: resaySince, logger });
  const relaying = startRelaying({
    relay: async (signal) => {
      await resaying(signal);
      return relayNow(fn, ports, { signal, onAgain: (at) => relaying.wakeAt(at), dispatch: bulk.dispatch });
    },
    observe: metrics?.watchRelay,
    logger,
  });
  const stop = closeWithGrace({ delay: GRACE_MS, logger }, async ({ err }) => {
    if (err) logger.fatal({ err }, "stopping after an error");
    await Promise.all([edge?.close(), app.close()]);
    await Promise.all([relaying.stop(), bulk.close()]);
    await doubts.flush();
    await marksOf(ports).flush();
    await ledger.close?.();
    await connection.close();
    metricsServer?.close();
    // The way to another exit code than 0.
    if (lost) throw lost;
  });
  const at = { host: config.appHost };
  const metricsServer =
    metrics && (await listenOn({ ...at, port: config.metricsPort ?? 0, variable: "METRICS_PORT" }, metrics.serve));
  const address = await listenOn({ ...at, port: config.appPort, variable: "APP_PORT" }, (to) => app.listen(to));
  const edgeAddress =
    edge && (await listenOn({ ...at, port: config.edgePort, variable: "EDGE_PORT" }, (to) => edge.listen(to)));
  if (edge && settings.isDemo) logger.warn({ setting: "EDGE_DEMO" }, DEMO);
  logger.info({ address, edge: edgeAddress, metricsPort: metricsServer?.port, sidecar: config.daprEndpoint }, "ready");
}

/** The library is loaded where it is wanted: it takes longer than all of the rest of a start. */
const createMetricsOf = async (fn: FunctionDefinition) => (await import("./metrics.ts")).createMetrics(fn);
