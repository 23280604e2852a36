import type { IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Answer } from "../core/edge/answer.ts";
import type { Limits } from "./limits.ts";

/** Node reads so much away behind an answer, and the connection is kept. */
const SHORT = 64 * 1024;
/** Each costs an object and the time for it, however short it is: whoever sends more is waited for no longer. */
const MOST_PIECES = 1_024;
/** At once: whoever comes beyond is cut off without further ado. */
const MOST_LINGERING = 64;

/** What is short and does not come is not waited for. */
const TOO_SLOW = 408;

export type AnswerUnread = (request: FastifyRequest, reply: FastifyReply, answer: Answer) => FastifyReply;

/**
 * Answers a request whose body nobody is going to read, and closes its connection where that body is long. Node would read all
 * of it; a socket that is closed with unread bytes resets its client, which then may never see the answer. So the answer is
 * sent, a little is read, and the connection held open until the client has gone or its time is over.
 */
export function createUnread({ lingerMs }: Limits): AnswerUnread {
  let lingering = 0;

  const linger = (raw: IncomingMessage, response: FastifyReply["raw"]) => {
    let left = SHORT;
    let pieces = 0;
    const count = ({ byteLength }: Buffer) => {
      left -= byteLength;
      if (++pieces > MOST_PIECES) end();
      // What is beyond stays with the client.
      else if (left < 0) raw.pause();
    };
    const end = () => {
      if (response.writableEnded) return;
      lingering--;
      clearTimeout(timer);
      raw.off("data", count);
      response.end();
    };
    lingering++;
    const timer = setTimeout(end, lingerMs).unref();
    raw.on("data", count).once("end", end).once("close", end).resume();
    response.once("close", end);
  };

  return ({ raw }, reply, { status, headers, body }) => {
    if (lengthOf(raw) <= SHORT && status !== TOO_SLOW) return reply.code(status).headers(headers).send(body);
    reply.hijack();
    const text = JSON.stringify(body);
    const length = String(Buffer.byteLength(text));
    reply.raw.writeHead(status, { ...headers, "content-length": length, connection: "close" }).write(text);
    if (lingering < MOST_LINGERING) linger(raw, reply.raw);
    else reply.raw.end();
    return reply;
  };
}

/** Of the body, in bytes. */
export const lengthOf = ({ headers }: IncomingMessage): number =>
  headers["transfer-encoding"] === undefined ? Number(headers["content-length"] ?? 0) : Number.POSITIVE_INFINITY;
