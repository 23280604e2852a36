import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { toLine } from "../core/dispatch/outcome.ts";
import { problem } from "../core/edge/answer.ts";
import { ANSWER } from "./answer.ts";
import { isToken } from "./app-hooks.ts";
import type { AnswerUnread } from "./unread.ts";

/** Whoever holds the token could otherwise fill the log by new paths. */
const MOST_WARNINGS = 100;
const MOST_CHARACTERS = 200;

interface UnknownPathsOptions {
  readonly token: string | undefined;
  readonly answerUnread: AnswerUnread;
}

/**
 * Answers what no route serves, before its body is read. A sidecar takes 404 for "drop it": an event that comes where no
 * subscription leads must wait and be seen, once. Whoever does not show the token is no sidecar, and is told nothing but 404.
 *
 * out  for a path that cannot be read at all (Fastify's frameworkErrors)
 */
export function createUnknownPaths({ token, answerUnread }: UnknownPathsOptions) {
  const expected = token === undefined ? undefined : Buffer.from(token);
  const warned = new Set<string>();

  const answer = (request: FastifyRequest, reply: FastifyReply, refused = problem(404, "nothing is served here")) => {
    const { method, url, headers, log } = request;
    const shown = String(headers["dapr-api-token"] ?? "");
    if (method === "GET" || method === "HEAD" || (expected !== undefined && !isToken(shown, expected)))
      return answerUnread(request, reply, refused);
    const path = toLine(url.split("?")[0] ?? "", MOST_CHARACTERS);
    const what = `${method} ${path}`;
    if (!warned.has(what) && warned.size < MOST_WARNINGS) {
      warned.add(what);
      log.warn({ method, path }, "nothing is served here: is a subscription's route or scope wrong?");
    }
    const [status, body] = ANSWER.retry;
    return answerUnread(request, reply, { status, headers: {}, body });
  };

  return {
    onUnreadable(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
      const isLong = error.code === "FST_ERR_MAX_PARAM_LENGTH";
      answer(
        request,
        reply,
        isLong ? problem(414, "path: is too long") : problem(400, "path: must be percent-encoded"),
      );
    },
    serve(app: FastifyInstance): void {
      app.register(async (unknown) => {
        unknown.addHook("onRequest", async (request, reply) => answer(request, reply));
        unknown.setNotFoundHandler(async (_request, reply) => reply);
      });
    },
  };
}
