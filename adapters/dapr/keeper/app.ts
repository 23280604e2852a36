import type { Readable } from "node:stream";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import * as v from "valibot";
import { DEAD_LETTERS } from "../../core/dispatch/dead-letter.ts";
import type { Outcome } from "../../core/dispatch/outcome.ts";
import { type Answer, problem } from "../../core/edge/answer.ts";
import { toInstant } from "../../core/event/timestamp.ts";
import { type Body, createBodyReader } from "../../core/host/read-body.ts";
import { ANSWER } from "../answer.ts";
import { requireToken, takeStreams } from "../app-hooks.ts";
import { createServer, type ServerOptions } from "../server.ts";
import { createUnreadable } from "../unreadable.ts";
import { toDelivered } from "./delivered.ts";
import { type Letter, toLetter } from "./letter.ts";
import type { Kept } from "./letter-store.ts";
import type { Letters } from "./letters.ts";
import { Refused, type Replaying } from "./replay.ts";

/** What a sidecar takes, 4 MiB, in base64, with room for an envelope. */
const MAX_BYTES = 16 * 1024 * 1024;
const MOST_A_LIST = 200;
/** What a person waits for at most. */
export const ASKED_MS = 30_000;

export interface KeeperOptions extends ServerOptions {
  readonly letters: Letters;
  readonly replaying: Replaying;
  /** LETTER_SECRET */
  readonly secret?: string | undefined;
  /** For each delivery, everything included. */
  readonly deadlineMs: number;
  readonly onKept?: (letter: Letter) => void;
}

const instant = v.pipe(
  v.string(),
  v.transform(toInstant),
  v.check((at) => !Number.isNaN(at), "must be a time of RFC 3339"),
);
const filter = {
  function: v.optional(v.string()),
  code: v.optional(v.string()),
  topic: v.optional(v.string()),
  since: v.optional(instant),
};
const groupsQuery = v.strictObject(filter);
const listQuery = v.strictObject({
  ...filter,
  cursor: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, "must be one that a list has ended with"))),
  limit: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[1-9]\d{0,2}$/, `must be 1 to ${MOST_A_LIST}`),
      v.transform(Number),
      v.maxValue(MOST_A_LIST, `must be 1 to ${MOST_A_LIST}`),
    ),
    "100",
  ),
});
const told = v.strictObject({
  topic: v.optional(v.string()),
  event: v.optional(
    v.pipe(
      v.string(),
      v.base64("must be base64"),
      v.transform((text) => Buffer.from(text, "base64")),
    ),
  ),
});

/** An answer that is a problem. */
class Problem extends Error {
  readonly answer: Answer;
  constructor(status: number, detail: string, more: object = {}) {
    super(detail);
    this.answer = problem(status, detail, more);
  }
}

/**
 * Takes dead letters from a sidecar and holds them for people: lists, shows, replays, drops. A delivery is answered 2xx when its
 * letter is kept, and never before.
 */
export function createKeeperApp({
  letters,
  replaying,
  secret,
  token,
  deadlineMs,
  onKept,
  ...options
}: KeeperOptions): FastifyInstance {
  const { app, answerUnread, serveTheRest } = createServer({ ...options, token }, ({ app, connections }) =>
    createUnreadable({
      ...{ ...connections, server: app.server, log: app.log },
      deliveries: {
        ...{ topics: [DEAD_LETTERS], token },
        // What of it could be read.
        bury({ refused: { code, message: reason }, message: { body } }) {
          const bytes = Buffer.from(body);
          return keep({ ...toLetter({ bytes }, { now: Date.now() }), code, reason, isWhole: false }, bytes);
        },
      },
    }),
  );
  const within = (ms = ASKED_MS) => ({ signal: AbortSignal.timeout(ms) });

  /** Until it is kept it stays with its broker. */
  const keep = async (letter: Letter, bytes: Buffer): Promise<Outcome> => {
    const { digest, function: fn, topic, code } = letter;
    try {
      await letters.keep(letter, bytes, within(deadlineMs));
    } catch (error) {
      app.log.error({ err: error, digest }, "a letter could not be kept: it comes again");
      return { kind: "retry", code: "ledger", reason: "the letter could not be kept" };
    }
    onKept?.(letter);
    app.log.info({ digest, function: fn, topic, code }, "a letter is kept");
    return { kind: "ack", how: "handled" };
  };

  const find = async ({ params }: FastifyRequest): Promise<Kept> => {
    const { digest } = params as { readonly digest: string };
    if (!/^[0-9a-f]{8,64}$/.test(digest))
      throw new Problem(422, "digest: must be 8 or more characters of it, hexadecimal");
    const [kept, ...more] = await letters.find(digest, within());
    if (!kept) throw new Problem(404, `letter ${digest}: is not here`);
    if (more.length > 0) throw new Problem(422, `digest: ${more.length + 1} letters begin with ${digest}`);
    return kept;
  };

  app.register(async (routes) => {
    if (token !== undefined) requireToken(routes, token, answerUnread);
    takeStreams(routes);
    const readBody = createBodyReader();
    const read = async ({ headers, body }: FastifyRequest, { raw }: FastifyReply) => {
      const reading = { maxBytes: MAX_BYTES, length: headers["content-length"], response: raw };
      return body ? readBody(body as Readable, reading) : { body: Buffer.alloc(0) };
    };
    routes.get("/dapr/subscribe", async () => []);
    routes.get("/dapr/config", async () => ({}));

    routes.post(`/${DEAD_LETTERS}`, async (request, reply) => {
      const delivered = toDelivered(await read(request, reply));
      const letter = toLetter(delivered, { secret, now: Date.now() });
      const [code, answer] = ANSWER[(await keep(letter, delivered.bytes)).kind];
      return reply.code(code).send(answer);
    });

    routes.get("/letters", async ({ query }) => letters.list({ ...parse(listQuery, query), ...within() }));
    routes.get("/letters/groups", async ({ query }) => letters.groups({ ...parse(groupsQuery, query), ...within() }));
    routes.get("/letters/:digest", async (request) => {
      const { letter, body } = await find(request);
      return { ...letter, body: (await body(within())).toString("base64") };
    });
    routes.post("/letters/:digest/replay", async (request, reply) => {
      const { body, overflow }: Body = await read(request, reply);
      if (overflow) throw new Problem(413, `body: must have at most ${MAX_BYTES} bytes`);
      const { topic, event } = parse(told, fromJson(Buffer.from(body)));
      const kept = await find(request);
      const { digest } = kept.letter;
      // Sent, then taken out: whoever dies between sends the same event once more, and functions know it.
      await replaying(kept, { topic, event, ...within() });
      await letters.remove(digest, within()).catch((error) => {
        request.log.error({ err: error, digest }, "a letter is replayed, and could not be taken out");
        throw new Problem(503, "the letter was sent, and could not be taken out: sent again, functions know it");
      });
      request.log.info(
        { digest, topic: topic ?? kept.letter.topic, isEdited: event !== undefined },
        "a letter is replayed",
      );
      return reply.code(204).send();
    });
    routes.delete("/letters/:digest", async (request, reply) => {
      const { letter } = await find(request);
      await letters.remove(letter.digest, within());
      request.log.info({ digest: letter.digest }, "a letter is dropped");
      return reply.code(204).send();
    });
  });

  serveTheRest();
  app.setErrorHandler(async (error, { log, url }, reply) => {
    const { status, headers, body } = toAnswer(error);
    if (status === 503) log.error({ err: error }, "a request that failed");
    const isDelivery = url.startsWith(`/${DEAD_LETTERS}`);
    return reply
      .code(isDelivery ? 503 : status)
      .headers(headers)
      .send(isDelivery ? { status: "RETRY" } : body);
  });
  return app;
}

const STATUS: Readonly<Record<Refused["code"], number>> = { unsealed: 409, topic: 422, letter: 422 };

function toAnswer(error: unknown): Answer {
  if (error instanceof Problem) return error.answer;
  if (error instanceof Refused) return problem(STATUS[error.code], error.message, { code: error.code });
  return problem(503, "the state store or the broker could not be asked: ask again");
}

/** throws: Problem that names what is wrong */
function parse<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const { success, output, issues } = v.safeParse(schema, value);
  if (success) return output;
  const [{ path, message }] = issues;
  throw new Problem(422, `${String(path?.[0]?.key ?? "body")}: ${message}`);
}

function fromJson(body: Buffer): unknown {
  if (body.byteLength === 0) return {};
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new Problem(422, "body: must be JSON");
  }
}
