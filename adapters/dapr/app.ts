import type { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { type FunctionDefinition, topicsOf } from "../../functions/kernel/define.ts";
import { type Bulk, createBulk } from "../core/dispatch/bulk.ts";
import { refuse } from "../core/dispatch/dispatch.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { isBatch } from "../core/event/decode.ts";
import { createBodyReader } from "../core/host/read-body.ts";
import { sendAnswer } from "./answer.ts";
import { answerLargeBulk } from "./answer-large-bulk.ts";
import { requireToken, takeStreams } from "./app-hooks.ts";
import { mayBeBulk } from "./bulk.ts";
import { refusingExpired } from "./expired.ts";
import { createLargeBulk } from "./large-bulk.ts";
import { answerDelivery } from "./receive.ts";
import { createServer, type ServerOptions } from "./server.ts";
import { createUnreadable } from "./unreadable.ts";

/** What a sidecar takes by default, with what it makes of it in a letter. */
export const MAX_EVENT_BYTES = 3 * 1024 * 1024;
const SINGLE_LIMIT = 4 * 1024 * 1024;
/** What a batch may have, which is taken slice by slice. */
const BATCH_LIMIT = 32 * 1024 * 1024;
const NO_BODY = { body: Buffer.alloc(0) };
const OTHER_METHODS = ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"];

interface DaprAppOptions extends ServerOptions {
  readonly ports: Ports;
  /** Of ports that refuse what has expired. Left out: one of its own. */
  readonly bulk?: Bulk;
}

/**
 * Hosts one function behind a Dapr sidecar: one route per topic. Subscriptions are declared in YAML.
 *
 * source  Dapr pub/sub API reference, "Provide routes for the subscriber"
 */
export function createDaprApp(
  fn: FunctionDefinition,
  { ports: lent, token, bulk: shared, ...options }: DaprAppOptions,
): FastifyInstance {
  const maxEventBytes = lent.maxEventBytes ?? MAX_EVENT_BYTES;
  const ports = refusingExpired({ ...lent, maxEventBytes });
  const receiving = { ports, bulk: shared ?? createBulk(fn, ports) };
  // An event in an envelope is larger than by itself.
  const singleLimit = Math.max(SINGLE_LIMIT, 2 * maxEventBytes);
  const { app, answerUnread, isLastCall, serveTheRest } = createServer({ ...options, token }, ({ app, connections }) =>
    createUnreadable({
      ...{ ...connections, server: app.server, log: app.log },
      deliveries: { topics: topicsOf(fn), token, bury: (delivery) => refuse(fn, delivery, ports) },
    }),
  );

  // After the hooks of its plugins, so that whoever has no token is told nothing but that.
  app.register(async (events) => {
    if (token !== undefined) requireToken(events, token, answerUnread);
    takeStreams(events);
    const readBody = createBodyReader();
    events.get("/dapr/subscribe", async () => []);
    events.get("/dapr/config", async () => ({}));
    for (const topic of topicsOf(fn)) {
      events.post(`/${topic}`, async ({ headers, body: stream }, reply) => {
        const large = mayBeBulk(headers) ? createLargeBulk(maxEventBytes) : undefined;
        const maxBytes = isBatch(headers) ? BATCH_LIMIT : singleLimit;
        const reading = { maxBytes, onLonger: large?.push, length: headers["content-length"], response: reply.raw };
        const body = stream ? await readBody(stream as Readable, reading) : NO_BODY;
        const entries = large?.entries();
        const answer = entries
          ? await answerLargeBulk({ entries, topic }, receiving)
          : await answerDelivery(fn, { headers, ...body, topic }, receiving);
        return sendAnswer(reply, answer, { isLast: isLastCall() });
      });
      events.route({
        method: OTHER_METHODS,
        url: `/${topic}`,
        handler: async (_request, reply) => reply.code(405).header("allow", "POST").send({ status: "RETRY" }),
      });
    }
  });

  serveTheRest();
  // What never reached the core comes again: it was cut off on its way.
  app.setErrorHandler(async (error, { log }, reply) => {
    log.error({ err: error }, "a request that could not be read");
    return reply.code(503).send({ status: "RETRY" });
  });
  return app;
}
