import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Limits } from "./limits.ts";

/**
 * Of a head from elsewhere than loopback, as Node has it for everybody. Before it is whole, nothing tells a sidecar from a stranger
 * but where it comes from, and many short headers take six times their bytes in memory.
 */
const MOST_HEADER_BYTES = 16 * 1024;
/** Node drops what is beyond; without end for a sidecar, which makes headers of whatever a broker's message carries. */
const MOST_HEADERS = 1_000;

interface WithHeaderLimit extends Server {
  /** The option of that name; Node's types do not have it. */
  maxHeaderSize?: number | undefined;
}

export interface Connections {
  /** Whether a request on it is not answered yet. */
  isBusy(socket: Socket): boolean;
  /** Whether it is a sidecar's that has never said anything. */
  isSpare(socket: Socket): boolean;
  /** Closes all that are not. */
  closeIdle(): void;
}

/**
 * Watches the connections of one server, so that strangers can lock nobody out.
 *
 * Those from loopback count for nothing, may have long heads, and are never closed for being idle: a sidecar in the same pod
 * comes from there, and keeps its connections for ever (Go's http.Transport without IdleConnTimeout), so that a server which closes one may lose a
 * delivery. All others share mostConnections. Where there are more, the oldest on which nothing was ever asked makes room, else
 * the oldest that is idle: whoever holds connections open in silence loses them to whoever has something to say, and a
 * probe of the kubelet is always the newest. A server's own maxConnections would refuse that probe. There is always one that
 * is not busy: how many are at work, how many send a body and how many linger is limited, to fewer in all.
 */
export function watchConnections(server: WithHeaderLimit, { mostConnections, idleMs }: Limits): Connections {
  // Of requests that came one behind the other, the last one may be done long before the first. No WeakMap: each request would cost
  // the collector a look.
  const responses = new Map<Socket, readonly ServerResponse[]>();
  const strangers = new Set<Socket>();
  const isOpen = ({ writableEnded }: ServerResponse) => !writableEnded;
  const isBusy = (socket: Socket) => responses.get(socket)?.some(isOpen) ?? false;

  const makeRoom = () => {
    const open = [...strangers];
    const victim = open.find((socket) => !responses.get(socket)?.length) ?? open.find((socket) => !isBusy(socket));
    victim?.destroySoon();
    if (victim) strangers.delete(victim);
  };
  // Before Node's own listener, which makes the parser of this connection by it.
  const largest = server.maxHeaderSize;
  server.prependListener("connection", ({ remoteAddress }: Socket) => {
    const isNear = isLoopback(remoteAddress);
    server.maxHeaderSize = isNear ? largest : MOST_HEADER_BYTES;
    server.maxHeadersCount = isNear ? 0 : MOST_HEADERS;
  });
  // Fastify does not take 0 for it.
  server.keepAliveTimeout = 0;
  server.on("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    // Looked through at each request rather than told of each end: it is the way of every event.
    const open = responses.get(socket)?.filter(isOpen);
    if (!open) return;
    open.push(response);
    responses.set(socket, open);
  });
  server.on("connection", (socket: Socket) => {
    responses.set(socket, []);
    socket.once("close", () => {
      responses.delete(socket);
      strangers.delete(socket);
    });
    if (isLoopback(socket.remoteAddress)) return;
    if (strangers.size >= mostConnections) makeRoom();
    strangers.add(socket);
    socket.setTimeout(idleMs);
  });
  // Node destroys a connection at its timeout where nobody listens to this, whatever is being done for it.
  server.on("timeout", (socket: Socket) => {
    if (!isBusy(socket)) socket.destroy();
  });
  return {
    isBusy,
    isSpare: ({ remoteAddress, bytesRead }) => bytesRead === 0 && isLoopback(remoteAddress),
    closeIdle() {
      for (const socket of responses.keys()) if (!isBusy(socket)) socket.destroySoon();
    },
  };
}

/** undefined: it is closed already */
const isLoopback = (address = ""): boolean => /^(::1$|(::ffff:)?127\.)/.test(address);
