import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

/** From one delivery to the next and more: a sidecar tries again after a second, and others may be between. */
const WATCH_MS = 60_000;
/** What a head may take to come. */
const HEAD_MS = 5_000;
/** Kafka's records have 1 MiB by default, and escaping makes three of one. */
const MOST_BYTES = 4 * 1024 * 1024;
const END = "\r\n\r\n";

interface Watched {
  readonly socket: Socket;
  /** The first request up to its blank line, or as much as came. */
  readonly head: Promise<Buffer>;
}

/** Keeps what connections bring, for a time and one at a time: watching costs memory and, in Node, the fast way of parsing. */
interface Watch {
  /** Those that are opened in the next minute. */
  nextConnections(): void;
  /** out: undefined where the connection is not watched */
  headOf(socket: Socket): Promise<Buffer> | undefined;
}

export function createWatch(server: Server): Watch {
  let until = 0;
  let watched: Watched | undefined;

  const start = (socket: Socket): Watched => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let last = Buffer.alloc(0);
    const { promise: head, resolve } = Promise.withResolvers<Buffer>();
    const end = () => {
      clearTimeout(timer);
      socket.off("data", keep).off("close", end);
      server.off("request", endIfParsed);
      if (watched?.socket === socket) watched = undefined;
      const all = Buffer.concat(chunks);
      const length = all.indexOf(END);
      resolve(length < 0 ? all : all.subarray(0, length + END.length));
    };
    const keep = (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      last = Buffer.concat([last, chunk]);
      if (bytes >= MOST_BYTES || last.includes(END)) end();
      last = last.subarray(1 - END.length);
    };
    const endIfParsed = (request: IncomingMessage) => request.socket === socket && end();
    const timer = setTimeout(end, HEAD_MS).unref();
    socket.on("data", keep).once("close", end);
    server.on("request", endIfParsed);
    return { socket, head };
  };

  server.on("connection", (socket: Socket) => {
    if (watched === undefined && performance.now() < until) watched = start(socket);
  });
  return {
    nextConnections() {
      until = performance.now() + WATCH_MS;
    },
    headOf: (socket) => (watched?.socket === socket ? watched.head : undefined),
  };
}
