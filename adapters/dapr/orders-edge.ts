import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Ports } from "../core/dispatch/ports.ts";
import { type Answer, placeOrder, problem, showOrder } from "../core/edge/orders.ts";
import { createAdmission } from "./admission.ts";
import { takeStreams } from "./app-hooks.ts";
import { BUSY, createEdgeBody } from "./edge-body.ts";
import type { Limits } from "./limits.ts";
import { type AnswerUnread, lengthOf } from "./unread.ts";

interface EdgeOptions {
  readonly ports: Ports;
  readonly limits: Limits;
  readonly answerUnread: AnswerUnread;
}

/** The public edge. It takes no token, so that customers need none, and reads no body before it knows that it wants it. */
export function serveOrders(app: FastifyInstance, { ports, limits, answerUnread }: EdgeOptions): void {
  const admission = createAdmission({ deadlineMs: ports.deadlineMs });
  const readBody = createEdgeBody(limits);
  const config = {
    pressureHandler: (request: FastifyRequest, reply: FastifyReply) => void answerUnread(request, reply, BUSY),
  };
  const admitEarly = async (request: FastifyRequest, reply: FastifyReply) =>
    admission.isFull() ? answerUnread(request, reply, BUSY) : undefined;

  app.register(async (edge) => {
    takeStreams(edge);
    edge.setErrorHandler(async (error, { log }, reply) => {
      log.error({ err: error }, "unexpected");
      return send(reply, problem(503, "not placed: ask again with the same Idempotency-Key"));
    });
    edge.post("/orders", { config, onRequest: admitEarly }, async (request, reply) => {
      const body = await readBody(request.raw);
      if (!Buffer.isBuffer(body)) return answerUnread(request, reply, body);
      return send(reply, (await admission.admit(() => placeOrder({ headers: request.headers, body }, ports))) ?? BUSY);
    });
    edge.get<{ Params: { id: string } }>(
      "/orders/:id",
      { config, onRequest: [takeNoBody(answerUnread), admitEarly] },
      async ({ params }, reply) => send(reply, (await admission.admit(() => showOrder(params.id, ports))) ?? BUSY),
    );
    for (const [method, url, allow] of REFUSED) {
      const answer = toRefusal(allow);
      const refuse = async (request: FastifyRequest, reply: FastifyReply) => answerUnread(request, reply, answer);
      edge.route({ method: [...method], url, config, onRequest: refuse, handler: refuse });
    }
  });
}

const REFUSED = [
  [["GET", "PUT", "PATCH", "DELETE", "OPTIONS"], "/orders", "POST"],
  [["POST", "PUT", "PATCH", "DELETE", "OPTIONS"], "/orders/:id", "GET, HEAD"],
] as const;

function toRefusal(allow: string): Answer {
  const { status, headers, body } = problem(405, `method: must be ${allow.replace(", ", " or ")}`);
  return { status, headers: { ...headers, allow }, body };
}

/** For what is read: Node reads away whatever comes with it, however much. */
export function takeNoBody(answerUnread: AnswerUnread) {
  return async (request: FastifyRequest, reply: FastifyReply) =>
    lengthOf(request.raw) > 0 ? answerUnread(request, reply, problem(413, "body: must not be there")) : undefined;
}

const send = (reply: FastifyReply, { status, headers, body }: Answer) => reply.code(status).headers(headers).send(body);
