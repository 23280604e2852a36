import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";

const MEDIA_TYPE = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(;|$)/;

/** Content types that are none, while the body is read. */
const malformed = new WeakMap<object, string>();

/** Bodies as bytes, whatever they claim to be: what they are is for the core to say, once, on every host. */
export function takeBytes(app: FastifyInstance): void {
  // Fastify answers 415 to a Content-Type that is none, which a sidecar repeats for ever: hide it until the body is read.
  app.addHook("onRequest", ({ raw }, _reply, done) => {
    const type = raw.headers["content-type"];
    if (type !== undefined && !MEDIA_TYPE.test(type)) {
      malformed.set(raw, type);
      delete raw.headers["content-type"];
    }
    done();
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, ({ raw }, body, done) => {
    showType(raw);
    done(null, body);
  });
}

/** Bodies as streams: a limit of Fastify's would be answered 413, and a sidecar sends that again for ever. */
export function takeStreams(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", ({ raw }: FastifyRequest, payload: IncomingMessage, done) => {
    showType(raw);
    done(null, payload);
  });
}

/** A sidecar makes headers of whatever a broker's message carries: none may be dropped, or answered, before the app sees it. */
export function takeAllHeaders(server: Server): void {
  // Node drops what is beyond 2,000, the token perhaps; their size is limited.
  server.maxHeadersCount = 0;
  // Node answers 417 to an Expect that it does not know.
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
}

function showType(raw: IncomingMessage): void {
  const type = malformed.get(raw);
  if (type !== undefined) raw.headers["content-type"] = type;
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
    if (isToken(String(headers["dapr-api-token"] ?? ""), expected)) done();
    else reply.code(401).send({ status: "dapr-api-token: missing or wrong" });
  });
}

/** Takes the same time for every guess of the right length. */
export function isToken(text: string, expected: Buffer): boolean {
  const shown = Buffer.from(text);
  return shown.byteLength === expected.byteLength && timingSafeEqual(shown, expected);
}
