import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Answer, placeOrder, problem, showOrder } from "../core/orders.ts";
import type { Ports } from "../core/ports.ts";

const BODY_LIMIT = 256 * 1024;

/** The public edge. It takes no token, so that customers need none. */
export function serveOrders(app: FastifyInstance, ports: Ports): void {
  app.post("/orders", { bodyLimit: BODY_LIMIT, errorHandler: answerProblem }, async ({ headers, body }, reply) =>
    send(reply, await placeOrder({ headers, body: (body as Buffer | undefined) ?? Buffer.alloc(0) }, ports)),
  );
  app.get<{ Params: { id: string } }>("/orders/:id", async ({ params }, reply) =>
    send(reply, await showOrder(params.id, ports)),
  );
  app.route({
    method: ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"],
    url: "/orders",
    handler: async (_request, reply) => reply.code(405).header("allow", "POST").send(),
  });
  app.route({
    method: ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
    url: "/orders/:id",
    handler: async (_request, reply) => reply.code(405).header("allow", "GET, HEAD").send(),
  });
}

/** A body that cannot be taken, or a fault of ours. */
function answerProblem(error: FastifyError, { log }: FastifyRequest, reply: FastifyReply): void {
  const { statusCode = 500 } = error;
  const isOurs = statusCode >= 500;
  if (isOurs) log.error({ err: error }, "unexpected");
  const detail = isOurs ? "not placed: ask again with the same Idempotency-Key" : error.message;
  send(reply, problem(isOurs ? 503 : statusCode, detail));
}

const send = (reply: FastifyReply, { status, headers, body }: Answer) => reply.code(status).headers(headers).send(body);
