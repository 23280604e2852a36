import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Ports } from "../core/dispatch/ports.ts";
import { type Answer, again, problem } from "../core/edge/answer.ts";
import { type EdgeSettings, place, type Served, show } from "../core/edge/edge.ts";
import { principalIn } from "../core/edge/edge-settings.ts";
import { createAdmission } from "./admission.ts";
import { takeNoBody, takeStreams } from "./app-hooks.ts";
import { BUSY, createEdgeBody } from "./edge-body.ts";
import { createServer, type ServerOptions } from "./server.ts";
import { createUnreadable } from "./unreadable.ts";

interface EdgeAppOptions extends ServerOptions {
  readonly ports: Ports;
  readonly settings: EdgeSettings;
  /** The header in which whatever stands before this says who asks, in lower case. */
  readonly principalHeader?: string | undefined;
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * The public edges of one function, on a port where no event comes. They take no token, so that customers need none, and read no body
 * before they know that they want it.
 */
export function createEdgeApp(
  edges: readonly Served[],
  { ports, settings, principalHeader, ...options }: EdgeAppOptions,
): FastifyInstance {
  const { app, limits, answerUnread, serveTheRest } = createServer(options, ({ app, connections }) =>
    createUnreadable({ ...connections, server: app.server, log: app.log }),
  );
  const admission = createAdmission({ deadlineMs: ports.deadlineMs });
  const readBody = createEdgeBody(limits);
  const config = {
    pressureHandler: (request: FastifyRequest, reply: FastifyReply) => void answerUnread(request, reply, BUSY),
  };
  const admitEarly = async (request: FastifyRequest, reply: FastifyReply) =>
    admission.isFull() ? answerUnread(request, reply, BUSY) : undefined;

  app.register(async (routes) => {
    takeStreams(routes);
    for (const served of edges) {
      const { method, path } = served.edge;
      routes.route({
        method,
        url: path,
        config,
        onRequest: admitEarly,
        handler: async (request, reply) => {
          const body = await readBody(request.raw);
          if (!Buffer.isBuffer(body)) return answerUnread(request, reply, body);
          const ask = { headers: request.headers, body, principal: principalIn(request.headers, principalHeader) };
          return send(reply, (await admission.admit(() => place(served, ask, { settings, ports }))) ?? BUSY);
        },
      });
      routes.get<{ Params: { id: string } }>(
        `${path}/:id`,
        { config, onRequest: [takeNoBody(answerUnread), admitEarly] },
        async ({ params }, reply) => send(reply, (await admission.admit(() => show(served, params.id, ports))) ?? BUSY),
      );
      const allows: readonly (readonly [url: string, allowed: readonly string[]])[] = [
        [path, [method]],
        [`${path}/:id`, ["GET", "HEAD"]],
      ];
      for (const [url, allowed] of allows) {
        const answer = toRefusal(allowed);
        const refuse = async (request: FastifyRequest, reply: FastifyReply) => answerUnread(request, reply, answer);
        const refused = METHODS.filter((each) => !allowed.includes(each));
        routes.route({ method: refused, url, config, onRequest: refuse, handler: refuse });
      }
    }
  });

  serveTheRest();
  app.setErrorHandler(async (error, { log }, reply) => {
    log.error({ err: error }, "unexpected");
    return send(reply, again("not placed"));
  });
  return app;
}

function toRefusal(allowed: readonly string[]): Answer {
  const { status, headers, body } = problem(405, `method: must be ${allowed.join(" or ")}`);
  return { status, headers: { ...headers, allow: allowed.join(", ") }, body };
}

const send = (reply: FastifyReply, { status, headers, body }: Answer) => reply.code(status).headers(headers).send(body);
