import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listenFrom } from "../listen.ts";
import { readBody } from "../read-body.ts";
import { type Admitted, createGuard, GUARDING } from "./guard.ts";
import type { History, StatusSource } from "./history-types.ts";
import { createPage, type PageFile } from "./page-bundle.ts";
import { Refusal } from "./refusal.ts";
import { createRoutes, type RouteOptions } from "./routes.ts";
import { createStream } from "./stream.ts";

const HOST = "127.0.0.1";
/** As an event may be, and some more for what stands around it. */
const LONGEST_BODY = 5 * 1024 * 1024;

interface ConsoleOptions extends RouteOptions {
  readonly history: History;
  readonly status: StatusSource;
  /** The first that is free from there on; 0: any. */
  readonly port: number;
  /** What the page's address holds: whoever does not know it sees nothing. */
  readonly token: string;
}

/** A page on which a system on this machine can be watched, and broken. */
export interface Console {
  /** Of the page. */
  readonly url: string;
  close(): Promise<void>;
}

/** Opens the console, for this machine alone. It asks nobody for anything. throws: Error where it finds no port */
export async function openConsole(options: ConsoleOptions): Promise<Console> {
  const { history, status, token } = options;
  const server = createServer();
  const port = await listenFrom(server, options.port);
  const admit = createGuard({ token, port });
  const stream = createStream({ history, status });
  const page = createPage();
  const routes = createRoutes(options);

  const answer = async ({ path, query }: Admitted, { request, response }: Exchange) => {
    if (path === "stream" && request.method === "GET") {
      const after = idIn(request.headers["last-event-id"]) ?? idIn(query.get("after"));
      if (!stream.open(response, after)) throw new Refusal(503, "too many pages are open");
      return;
    }
    const file = request.method === "POST" ? undefined : await page(path);
    if (file) return send(response, { status: 200, ...(takesGzip(request) ? toPacked(file) : file) });
    const value = await routes({
      isPost: request.method === "POST",
      path: decodePath(path),
      query,
      body: () => readText(request),
    });
    return send(response, { status: 200, ...toJson(value) });
  };

  server.on("request", (request, response) => {
    const admitted = admit(request);
    if ("status" in admitted) {
      const { status, headers } = admitted;
      return send(response, { status, headers, ...toJson({ error: WHY[status] }) });
    }
    return answer(admitted, { request, response }).catch((error: unknown) => {
      if (response.headersSent) return response.destroy();
      const status = error instanceof Refusal ? error.status : 500;
      return send(response, { status, ...toJson({ error: (error as Error).message }) });
    });
  });
  return {
    url: `http://${HOST}:${port}/${token}/`,
    async close() {
      stream.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const WHY = {
  403: "only the console's own page may ask",
  404: "is not here",
  405: "must be GET or POST",
  415: "must be application/json",
} as const;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

function send(response: ServerResponse, { status, type, bytes, headers }: Answer): void {
  // What was not read of a request cannot be told from the next one.
  const closing = response.req.complete ? {} : { connection: "close" };
  const described = { "content-type": type, "content-length": bytes.byteLength };
  response.writeHead(status, { ...GUARDING, ...described, ...closing, ...headers }).end(bytes);
}

const takesGzip = ({ headers }: IncomingMessage): boolean => /\bgzip\b(?!;q=0)/.test(`${headers["accept-encoding"]}`);

const toPacked = ({ type, packed }: PageFile) => ({ type, bytes: packed, headers: { "content-encoding": "gzip" } });

const toJson = (value: unknown) => ({
  type: "application/json; charset=utf-8",
  bytes: Buffer.from(JSON.stringify(value)),
});

function decodePath(path: string): readonly string[] {
  try {
    return path.split("/").map(decodeURIComponent);
  } catch {
    throw new Refusal(404, WHY[404]);
  }
}

const idIn = (text: string | string[] | null | undefined): number | undefined =>
  typeof text === "string" && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

/** throws: Refusal for what is longer than any event */
async function readText(request: IncomingMessage): Promise<string> {
  const body = await readBody(request, LONGEST_BODY);
  if (!body) throw new Refusal(413, "the body is longer than 5 MiB");
  return body.toString();
}
