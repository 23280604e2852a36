import { once } from "node:events";
import { type AddressInfo, connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { Ports } from "../core/dispatch/ports.ts";
import { served, settings } from "../core/edge/test-orders.ts";
import { createDaprApp } from "./app.ts";
import { createEdgeApp } from "./edge.ts";
import type { Limits } from "./limits.ts";
import { createTestPorts } from "./test-ports.ts";

export const TOKEN = "a-secret-that-nobody-knows";

interface EdgeOptions {
  readonly limits?: Partial<Limits>;
  readonly ports?: Partial<Ports>;
  /** Makes connections look as if they came from elsewhere than loopback. */
  readonly isElsewhere?: boolean;
}

/** For tests: a public edge, and the events' own listener beside it, over real connections. */
export async function startEdge({ limits = {}, ports: others = {}, isElsewhere = false }: EdgeOptions = {}) {
  const { ports, said } = createTestPorts(others);
  const app = createEdgeApp([served], { ports, settings, token: TOKEN, limits: { lastCallMs: 0, ...limits } });
  onTestFinished(() => app.close());
  if (isElsewhere)
    app.server.prependListener("connection", (socket: Socket) => {
      Object.defineProperty(socket, "remoteAddress", { value: "203.0.113.7" });
    });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const openEvents = async (): Promise<Socket> => {
    const events = createDaprApp(served.fn, { ports, token: TOKEN, limits: { lastCallMs: 0, ...limits } });
    onTestFinished(() => events.close());
    await events.listen({ host: "127.0.0.1", port: 0 });
    return openAt((events.server.address() as AddressInfo).port);
  };
  return { app, port, said, open: () => openAt(port), openEvents };
}

async function openAt(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function parseAnswer(raw: string): Answered {
  const [head = "", body = ""] = raw.split("\r\n\r\n");
  const [line = "", ...lines] = head.split("\r\n");
  const headers = lines.map((each): [string, string] => {
    const [name = "", ...value] = each.split(": ");
    return [name.toLowerCase(), value.join(": ")];
  });
  return { status: Number(line.split(" ")[1]), headers: Object.fromEntries(headers), body };
}

/** Sends the lines of a head, and `more`, and nothing else. out: the answer, when the connection is closed */
export async function ask(socket: Socket, lines: readonly string[], more: string | Buffer = ""): Promise<Answered> {
  socket.on("error", () => {});
  socket.write(`${[...lines, "", ""].join("\r\n")}`, "latin1");
  socket.write(more);
  return parseAnswer(await text(socket));
}
