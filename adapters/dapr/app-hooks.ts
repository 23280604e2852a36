import { timingSafeEqual } from "node:crypto";
import type { FastifyBodyParser, FastifyInstance } from "fastify";

const MEDIA_TYPE = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(;|$)/;

/** Bodies as bytes, whatever they claim to be: what they are is for the core to say, once, on every host. */
export function takeBytes(app: FastifyInstance, limits: { readonly json: number }): void {
  const malformed = new WeakMap<object, string>();
  // Fastify answers 415 to a Content-Type that is none, which a sidecar repeats for ever: hide it until the body is read.
  app.addHook("onRequest", ({ raw }, _reply, done) => {
    const type = raw.headers["content-type"];
    if (type !== undefined && !MEDIA_TYPE.test(type)) {
      malformed.set(raw, type);
      delete raw.headers["content-type"];
    }
    done();
  });
  const asBytes: FastifyBodyParser<Buffer> = ({ raw }, body, done) => {
    const type = malformed.get(raw);
    if (type !== undefined) raw.headers["content-type"] = type;
    done(null, body);
  };
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer", bodyLimit: limits.json }, asBytes);
  app.addContentTypeParser("*", { parseAs: "buffer" }, asBytes);
}

/** Sidecars keep their connections: without this a closing server waits for them until it is killed. fastify#7044 */
export function closeConnectionsWhileClosing(app: FastifyInstance): void {
  let closing = false;
  app.addHook("preClose", async () => {
    closing = true;
  });
  app.addHook("onSend", (_request, reply, _payload, done) => {
    if (closing) reply.header("connection", "close");
    done();
  });
}

/** 401, which makes a sidecar deliver again: a wrong secret stalls events and loses none. */
export function requireToken(app: FastifyInstance, token: string): void {
  const expected = Buffer.from(token);
  app.addHook("onRequest", ({ headers }, reply, done) => {
    const shown = Buffer.from(String(headers["dapr-api-token"] ?? ""));
    // Takes the same time for every guess of the right length.
    if (shown.byteLength === expected.byteLength && timingSafeEqual(shown, expected)) done();
    else reply.code(401).send({ status: "dapr-api-token: missing or wrong" });
  });
}
