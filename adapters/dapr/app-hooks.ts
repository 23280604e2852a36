import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, Server } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { problem } from "../core/edge/answer.ts";
import { type AnswerUnread, lengthOf } from "./unread.ts";

const MEDIA_TYPE = /^\s*[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+\s*(;|$)/;

/** Content types that are none, while the body is read. */
const malformed = new WeakMap<object, string>();

/**
 * Bodies as streams, whatever they are: a limit of Fastify's would be answered 413, and a Content-Type that is none 415. It is hidden
 * until the body is read.
 */
export function takeStreams(app: FastifyInstance): void {
  app.addHook("onRequest", ({ raw }, _reply, done) => {
    const type = raw.headers["content-type"];
    if (type !== undefined && !MEDIA_TYPE.test(type)) {
      malformed.set(raw, type);
      delete raw.headers["content-type"];
    }
    done();
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", ({ raw }: FastifyRequest, payload: IncomingMessage, done) => {
    const type = malformed.get(raw);
    if (type !== undefined) raw.headers["content-type"] = type;
    done(null, payload);
  });
}

/** A sidecar makes headers of whatever a broker's message carries: none may be dropped, or answered, before the app sees it. */
export function takeAllHeaders(server: Server): void {
  // Node answers 417 to an Expect that it does not know.
  server.on("checkExpectation", (request, response) => server.emit("request", request, response));
}

const UNKNOWN = {
  status: 401,
  headers: { "content-type": "application/json; charset=utf-8" },
  body: { status: "dapr-api-token: missing or wrong" },
};

/** 401, which makes a sidecar deliver again: a wrong secret stalls events and loses none. */
export function requireToken(app: FastifyInstance, token: string, answerUnread: AnswerUnread): void {
  const expected = Buffer.from(token);
  app.addHook("onRequest", (request, reply, done) => {
    if (isToken(String(request.headers["dapr-api-token"] ?? ""), expected)) done();
    else answerUnread(request, reply, UNKNOWN);
  });
}

/** Takes the same time for every guess of the right length. */
export function isToken(text: string, expected: Buffer): boolean {
  const shown = Buffer.from(text);
  return shown.byteLength === expected.byteLength && timingSafeEqual(shown, expected);
}

/** For what is read: Node reads away whatever comes with it, however much. */
export function takeNoBody(answerUnread: AnswerUnread) {
  return async (request: FastifyRequest, reply: FastifyReply) =>
    lengthOf(request.raw) > 0 ? answerUnread(request, reply, problem(413, "body: must not be there")) : undefined;
}
