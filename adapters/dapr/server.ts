import underPressure from "@fastify/under-pressure";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { takeAllHeaders, takeNoBody } from "./app-hooks.ts";
import { type Connections, watchConnections } from "./connections.ts";
import { answerLastCalls } from "./last-call.ts";
import { LIMITS, type Limits } from "./limits.ts";
import { createUnknownPaths } from "./unknown-paths.ts";
import { type AnswerUnread, createUnread } from "./unread.ts";
import { MOST_HEADER_BYTES, type OnUnreadable } from "./unreadable.ts";

const MOST_EVENT_LOOP_DELAY_MS = 1_000;

export interface ServerOptions {
  /** What the sidecar has to show in `dapr-api-token`. Left out: nothing. */
  readonly token?: string | undefined;
  /** Whether more should come. Left out: always. */
  readonly isWell?: () => Promise<boolean>;
  readonly logger?: FastifyBaseLogger;
  readonly limits?: Partial<Limits>;
}

/** What is read is checked by the core. */
const haveNoSchema = () => {
  throw new Error("a route must have no schema");
};

interface Server {
  readonly app: FastifyInstance;
  readonly connections: Pick<Connections, "isBusy" | "isSpare">;
  readonly limits: Limits;
  readonly answerUnread: AnswerUnread;
  /** Whether an answer is the last one on its connection. */
  isLastCall(): boolean;
  /** Answers all that no route of the app serves. After those routes. */
  serveTheRest(): void;
}

/** What a listener for events and one for customers have in common: limits, probes, the ends of connections. */
export function createServer(
  { token, isWell = async () => true, logger, ...options }: ServerOptions,
  onUnreadable: (server: Pick<Server, "app" | "connections">) => OnUnreadable,
): Server {
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
    // Left to itself, Fastify loads two compilers of schemas at each start.
    schemaController: { compilersFactory: { buildValidator: haveNoSchema, buildSerializer: haveNoSchema } },
    routerOptions: { ignoreTrailingSlash: true },
  });
  const { closeIdle, ...connections } = watchConnections(app.server, limits);
  const answerUnreadable = onUnreadable({ app, connections });
  takeAllHeaders(app.server);
  const isLastCall = answerLastCalls(app, closeIdle, limits);
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
  return { app, connections, limits, answerUnread, isLastCall, serveTheRest: () => unknownPaths.serve(app) };
}
