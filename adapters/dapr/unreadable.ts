import { createHash } from "node:crypto";
import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { ConnectionError, FastifyBaseLogger } from "fastify";
import { Dead } from "../../functions/kernel/outcome.ts";
import type { Outcome } from "../core/dispatch/outcome.ts";
import { problem } from "../core/edge/answer.ts";
import { isOfHop, isSecret } from "../core/event/carried.ts";
import type { Message } from "../core/event/decode.ts";
import { KEPT_BYTES } from "../core/event/event-size.ts";
import { ANSWER, type Answer } from "./answer.ts";
import { isToken } from "./app-hooks.ts";
import { createWatch } from "./watch.ts";

/**
 * As much as an event may have, its headers included, and 16 KiB for what a sidecar adds. Kafka lets a record have headers of
 * 1 MiB; Node's own limit of 16 KiB is less than what the core takes in binary mode.
 */
export const MOST_HEADER_BYTES = (256 + 16) * 1024;

/** A client that has not sent all of it yet must get to read the answer. */
const LINGER_MS = 2_000;
const TOO_LARGE = "HPE_HEADER_OVERFLOW";
const MALFORMED = "HPE_INVALID_HEADER_TOKEN";
const TOO_LATE = "ERR_HTTP_REQUEST_TIMEOUT";
const LINE = /^([^:\r\n]+):.*$/gm;

/** What is delivered where it comes in, and what its sender has to show. */
interface Deliveries {
  readonly topics: readonly string[];
  readonly token: string | undefined;
  /** Makes a letter of one. */
  bury(delivery: { readonly topic: string; readonly refused: Dead; readonly message: Message }): Promise<Outcome>;
}

interface UnreadableOptions {
  readonly server: Server;
  readonly log: FastifyBaseLogger;
  isBusy(socket: Socket): boolean;
  isSpare(socket: Socket): boolean;
  /** Left out: none comes here, and whoever asks is told of problems as customers know them. */
  readonly deliveries?: Deliveries;
}

/** Answers what Node could not parse. */
export type OnUnreadable = (error: ConnectionError, socket: Socket) => void;

/**
 * Answers what Node could not parse. A delivery with headers beyond every limit, or with malformed ones, is the same each time
 * that it comes: it ends as a letter, of code `size` or `headers`, that holds the first 64 KiB of what came without its secrets.
 *
 * Only where the request line names a topic of ours and, if there is a token, the right one is shown in what could be read;
 * all else is answered 431 or 400, and does come again: whoever does not know the token cannot make letters. Node hands over
 * no more than the piece in which parsing failed: where the token is not in it, the first delivery is answered 431 or 400
 * and the next one is watched from its first byte.
 */
export function createUnreadable({ server, log, isBusy, isSpare, deliveries }: UnreadableOptions): OnUnreadable {
  const answered = new WeakSet<Socket>();
  const watch = createWatch(server);
  const refusal = (status: number): Answer => [
    status,
    deliveries ? { status: "RETRY" } : problem(status, "request: could not be read").body,
  ];
  // Node closes the connection without a word.
  server.on("connect", (_request, socket: Socket) => say(socket, refusal(405)));

  const bury = async (head: string, code: string): Promise<Answer | undefined> => {
    if (!deliveries) return undefined;
    const { topics, token } = deliveries;
    const topic = /^POST \/([^\s?]*?)\/?(?:\?\S*)? HTTP\//.exec(head)?.[1] ?? "";
    const shown = /^dapr-api-token: *(.*)$/im.exec(head)?.[1] ?? "";
    const isTrusted = token === undefined || isToken(shown, Buffer.from(token));
    if (!topics.includes(topic) || !isTrusted) return undefined;
    const refused =
      code === TOO_LARGE
        ? new Dead("size", `headers: must have at most ${MOST_HEADER_BYTES} bytes, got ${head.length}`)
        : new Dead("headers", `headers: must be as HTTP has them, got ${code}`);
    const message = { ...toMessage(head), carried: () => ({ topic, same: withoutHops(head) }) };
    return ANSWER[(await deliveries.bury({ topic, refused, message })).kind];
  };

  return ({ code, rawPacket }, socket) => {
    // What follows upon what could not be parsed is an error again.
    if (answered.has(socket) || code === "ECONNRESET" || socket.destroyed) return;
    // Go's http.Transport opens more than it comes to need and keeps them: the first request on one would meet its end.
    if (code === TOO_LATE && isSpare(socket)) return;
    answered.add(socket);
    // What is busy was parsed, and is answered by the app: a broken body is for it to tell.
    const isHead = (code === TOO_LARGE || code === MALFORMED) && !isBusy(socket);
    const end = async () => {
      const head = isHead ? ((await watch.headOf(socket)) ?? (rawPacket as unknown as Buffer)).toString("latin1") : "";
      const answer = isHead ? await bury(head, code) : undefined;
      if (answer) return say(socket, answer);
      log.warn({ code, bytes: socket.bytesRead }, "a request that could not be parsed");
      if (isHead) watch.nextConnections();
      say(socket, refusal(STATUS[code] ?? 400));
    };
    void end();
  };
}

const STATUS: Readonly<Record<string, number>> = { [TOO_LARGE]: 431, [TOO_LATE]: 408 };

/** The lines that are the same at each delivery. */
const withoutHops = (head: string): string =>
  head
    .split("\r\n")
    .filter((line) => {
      const name = line.slice(0, Math.max(0, line.indexOf(":"))).trim();
      return !isOfHop(name) && !isSecret(name);
    })
    .join("\n");

function toMessage(head: string): Message {
  const bytes = Buffer.from(
    head.replace(LINE, (line, name) => (isSecret(name) ? `${name.trim()}: <secret>` : line)),
    "latin1",
  );
  if (bytes.byteLength <= KEPT_BYTES) return { headers: {}, body: bytes };
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { headers: {}, body: bytes.subarray(0, KEPT_BYTES), overflow: { length: bytes.byteLength, sha256 } };
}

function say(socket: Socket, [status, body]: Answer): void {
  const text = JSON.stringify(body);
  const type = "type" in body ? "problem+json" : "json";
  const headers = `content-type: application/${type}\r\ncontent-length: ${text.length}\r\nconnection: close`;
  if (socket.writable) socket.end(`HTTP/1.1 ${status} \r\n${headers}\r\n\r\n${text}`);
  setTimeout(() => socket.destroy(), LINGER_MS).unref();
}
