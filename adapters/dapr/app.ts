import type { ServerResponse } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type FunctionDefinition, topicsOf } from "../../functions/kernel/define.ts";
import { type Bulk, createBulk } from "../core/dispatch/bulk.ts";
import { refuse } from "../core/dispatch/dispatch.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { isBatch } from "../core/event/decode.ts";
import { createBodyReader } from "../core/host/read-body.ts";
import { ANSWER, type Answer, sendAnswer } from "./answer.ts";
import { answerLargeBulk } from "./answer-large-bulk.ts";
import { requireToken } from "./app-hooks.ts";
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
const OTHER_METHODS = ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"];
const NOT_POST = { status: 405, headers: { allow: "POST" }, body: { status: "RETRY" } };

/** Of a route whose hooks answer. */
const onlyHooks = async () => {
  throw new Error("a hook must have answered");
};

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
    const readBody = createBodyReader();
    events.get("/dapr/subscribe", async () => []);
    events.get("/dapr/config", async () => ({}));
    for (const topic of topicsOf(fn)) {
      const deliver = async ({ raw, headers }: FastifyRequest, response: ServerResponse): Promise<Answer> => {
        const large = mayBeBulk(headers) ? createLargeBulk(maxEventBytes) : undefined;
        const maxBytes = isBatch(headers) ? BATCH_LIMIT : singleLimit;
        const body = await readBody(raw, {
          maxBytes,
          onLonger: large?.push,
          length: headers["content-length"],
          response,
        });
        const entries = large?.entries();
        return entries
          ? await answerLargeBulk({ entries, topic }, receiving)
          : await answerDelivery(fn, { headers, ...body, topic }, receiving);
      };
      events.route({
        ...{ method: "POST", url: `/${topic}`, handler: onlyHooks },
        // Not as a handler: Fastify would choose a parser of bodies first, and make an asynchronous resource of each request, which is
        // a fifteenth of what a delivery costs.
        onRequest(request, reply) {
          reply.hijack();
          deliver(request, reply.raw)
            // What never reached the core comes again: it was cut off on its way.
            .catch((error: unknown) => {
              request.log.error({ err: error }, "a request that could not be read");
              return ANSWER.retry;
            })
            .then((answer) => sendAnswer(reply.raw, answer, { isLast: isLastCall() }));
        },
      });
      events.route({
        ...{ method: OTHER_METHODS, url: `/${topic}`, handler: onlyHooks },
        onRequest: (request, reply) => void answerUnread(request, reply, NOT_POST),
      });
    }
  });

  serveTheRest();
  // Whatever Fastify itself fails on comes again.
  app.setErrorHandler(async (error, { log }, reply) => {
    log.error({ err: error }, "a request that could not be read");
    return reply.code(503).send({ status: "RETRY" });
  });
  return app;
}
