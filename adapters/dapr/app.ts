import type { Readable } from "node:stream";
import underPressure from "@fastify/under-pressure";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { type FunctionDefinition, topicsOf } from "../../functions/kernel/define.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { isBatch } from "../core/event/decode.ts";
import { createBodyReader } from "../core/host/read-body.ts";
import { answerLargeBulk } from "./answer-large-bulk.ts";
import { hideMalformedTypes, requireToken, takeAllHeaders, takeStreams } from "./app-hooks.ts";
import { mayBeBulk } from "./bulk.ts";
import { watchConnections } from "./connections.ts";
import { answerDelivery } from "./delivery.ts";
import { createLargeBulk } from "./large-bulk.ts";
import { answerLastCalls } from "./last-call.ts";
import { LIMITS, type Limits } from "./limits.ts";
import { serveOrders, takeNoBody } from "./orders-edge.ts";
import { createUnknownPaths } from "./unknown-paths.ts";
import { createUnread } from "./unread.ts";
import { createUnreadable, MOST_HEADER_BYTES } from "./unreadable.ts";

/** What a sidecar takes by default, with what it makes of it in a letter. */
export const MAX_EVENT_BYTES = 3 * 1024 * 1024;
const SINGLE_LIMIT = 4 * 1024 * 1024;
/** What a batch may have, which is taken slice by slice. */
const BATCH_LIMIT = 32 * 1024 * 1024;
const MOST_EVENT_LOOP_DELAY_MS = 1_000;
const NO_BODY = { body: Buffer.alloc(0) };
const OTHER_METHODS = ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"];

interface DaprAppOptions {
  readonly ports: Ports;
  /** What the sidecar has to show in `dapr-api-token`. Left out: nothing. */
  readonly token?: string | undefined;
  /** Whether more events should come. Left out: always. */
  readonly isWell?: () => Promise<boolean>;
  readonly logger?: FastifyBaseLogger;
  /** Serves customers as well, as the order service does: POST /orders and GET /orders/{id}. */
  readonly withOrders?: boolean;
  readonly limits?: Partial<Limits>;
}

/**
 * Hosts one function behind a Dapr sidecar: one route per topic. Subscriptions are declared in YAML.
 *
 * source  Dapr pub/sub API reference, "Provide routes for the subscriber"
 */
export function createDaprApp(
  fn: FunctionDefinition,
  { ports: lent, token, isWell = async () => true, logger, withOrders = false, ...options }: DaprAppOptions,
): FastifyInstance {
  const maxEventBytes = lent.maxEventBytes ?? MAX_EVENT_BYTES;
  const ports = { ...lent, maxEventBytes };
  // An event in an envelope is larger than by itself.
  const singleLimit = Math.max(SINGLE_LIMIT, 2 * maxEventBytes);
  const limits = { ...LIMITS, ...options.limits };
  const answerUnread = createUnread(limits);
  const unknownPaths = createUnknownPaths({ token, answerUnread });
  const app = Fastify({
    ...(logger ? { loggerInstance: logger } : {}),
    logController: new LogController({ disableRequestLogging: true }),
    http: {
      maxHeaderSize: MOST_HEADER_BYTES,
      headersTimeout: limits.headMs,
      connectionsCheckingInterval: limits.checkMs,
    },
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket),
    frameworkErrors: unknownPaths.onUnreadable,
    requestTimeout: limits.requestMs,
    return503OnClosing: false,
    // Closing counts as well, and may take as long as what is in flight.
    pluginTimeout: 0,
    routerOptions: { ignoreTrailingSlash: true },
  });
  const { closeIdle, ...connections } = watchConnections(app.server, limits);
  const { server, log } = app;
  const answerUnreadable = createUnreadable(fn, { ports, token, server, log, isPublic: withOrders, ...connections });
  takeAllHeaders(server);
  hideMalformedTypes(app);
  answerLastCalls(app, closeIdle, limits);
  app.register(underPressure, {
    maxEventLoopDelay: MOST_EVENT_LOOP_DELAY_MS,
    pressureHandler: (request, reply) => {
      answerUnread(request, reply, { status: 503, headers: { "retry-after": "1" }, body: { status: "RETRY" } });
    },
  });

  // Probes carry no token, and an app under pressure is alive.
  const probe = { config: { pressureHandler: () => {} }, onRequest: takeNoBody(answerUnread) };
  app.get("/healthz", probe, async () => ({ status: "ok" }));
  app.get("/readyz", probe, async (_request, reply) => {
    if (await isWell()) return { status: "ok" };
    return reply.code(503).send({ status: "ledger or publishing fails" });
  });

  if (withOrders) serveOrders(app, { ports, limits, answerUnread });

  // After the hooks of its plugins, so that whoever has no token is told nothing but that.
  app.register(async (events) => {
    if (token !== undefined) requireToken(events, token, answerUnread);
    takeStreams(events);
    const readBody = createBodyReader();
    events.get("/dapr/subscribe", async () => []);
    events.get("/dapr/config", async () => ({}));
    for (const topic of topicsOf(fn)) {
      events.post(`/${topic}`, async ({ headers, body: stream }, reply) => {
        const bulk = mayBeBulk(headers) ? createLargeBulk(maxEventBytes) : undefined;
        const maxBytes = isBatch(headers) ? BATCH_LIMIT : singleLimit;
        const reading = { maxBytes, onLonger: bulk?.push, length: headers["content-length"], response: reply.raw };
        const body = stream ? await readBody(stream as Readable, reading) : NO_BODY;
        const entries = bulk?.entries();
        const [code, answer] = entries
          ? await answerLargeBulk(fn, { entries, topic }, ports)
          : await answerDelivery(fn, { headers, ...body, topic }, ports);
        return reply.code(code).send(answer);
      });
      events.route({
        method: OTHER_METHODS,
        url: `/${topic}`,
        handler: async (_request, reply) => reply.code(405).header("allow", "POST").send({ status: "RETRY" }),
      });
    }
  });

  unknownPaths.serve(app);
  // What never reached the core comes again: it was cut off on its way.
  app.setErrorHandler(async (error, { log }, reply) => {
    log.error({ err: error }, "a request that could not be read");
    return reply.code(503).send({ status: "RETRY" });
  });
  return app;
}
