import { once } from "node:events";
import type { FastifyInstance } from "fastify";
import type { Limits } from "./limits.ts";

/**
 * Lets each kept connection end behind an answer. Sidecars keep theirs: without this a closing server waits for them until it is
 * killed (fastify#7044). Node closes idle ones at once, whatever is on its way on them: here the next request on each is
 * served, told to be the last one, and only who has none for a while is cut off.
 *
 * out  whether an answer is the last one on its connection, for those that are sent past the hooks
 */
export function answerLastCalls(app: FastifyInstance, closeIdle: () => void, { lastCallMs }: Limits): () => boolean {
  const { server } = app;
  let closing = false;
  app.addHook("preClose", async () => {
    closing = true;
    if (!server.listening) return;
    server.closeIdleConnections = () => {};
    // Here, before anybody is told to come again: connections that wait to be accepted are reset with the listener.
    server.close();
    // Timers come before what has arrived meanwhile: one look at the sockets first.
    const timer = setTimeout(() => setImmediate(closeIdle), lastCallMs);
    await once(server, "close");
    clearTimeout(timer);
  });
  app.addHook("onSend", (_request, reply, _payload, done) => {
    if (closing) reply.header("connection", "close");
    done();
  });
  return () => closing;
}
