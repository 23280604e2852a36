import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance } from "fastify";

const MEDIA_TYPE = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(;|$)/;

/** Bodies as bytes, whatever they claim to be: what they are is for the core to say, once, on every host. */
export function takeBytes(app: FastifyInstance, limits: { readonly json: number }): void {
  const asBytes = async (_request: unknown, body: Buffer) => body;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer", bodyLimit: limits.json }, asBytes);
  app.addContentTypeParser("*", { parseAs: "buffer" }, asBytes);
  letMalformedTypesIn(app);
}

/** Fastify answers 415 to a Content-Type that is none, which a sidecar repeats for ever: hide it until the body is read. */
function letMalformedTypesIn(app: FastifyInstance): void {
  const hidden = new WeakMap<object, string>();
  app.addHook("onRequest", async ({ raw }) => {
    const type = raw.headers["content-type"];
    if (type === undefined || MEDIA_TYPE.test(type)) return;
    hidden.set(raw, type);
    delete raw.headers["content-type"];
  });
  app.addHook("preHandler", async ({ raw }) => {
    const type = hidden.get(raw);
    if (type !== undefined) raw.headers["content-type"] = type;
  });
}

/** Sidecars keep their connections: without this a closing server waits for them until it is killed. fastify#7044 */
export function closeConnectionsWhileClosing(app: FastifyInstance): void {
  let closing = false;
  app.addHook("preClose", async () => {
    closing = true;
  });
  app.addHook("onSend", async (_request, reply) => {
    if (closing) reply.header("connection", "close");
  });
}

/** 401, which makes a sidecar deliver again: a wrong secret stalls events and loses none. */
export function requireToken(app: FastifyInstance, token: string): void {
  const expected = digest(token);
  app.addHook("onRequest", async ({ headers }, reply) => {
    // Digests are of one length, so that the comparison takes the same time for every guess.
    if (timingSafeEqual(digest(String(headers["dapr-api-token"] ?? "")), expected)) return;
    return reply.code(401).send({ status: "dapr-api-token: missing or wrong" });
  });
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
