import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/** Stands between a browser and all that it asks, so that its connections can be cut. */
export interface CutProxy {
  readonly url: string;
  /** Breaks all connections off, and takes none until `mend`. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** source: RFC 9112, 3.2.2: a client sends a proxy the whole address */
export async function startCutProxy(): Promise<CutProxy> {
  let isCut = false;
  const server = createServer((incoming, reply) => {
    const { method, url = "", headers } = incoming;
    if (isCut) return void reply.destroy();
    const outgoing = request(url, { method, headers, agent: false }, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(reply);
      answer.on("error", () => reply.destroy());
    });
    outgoing.on("error", () => reply.destroy());
    reply.on("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut() {
      isCut = true;
      server.closeAllConnections();
    },
    mend() {
      isCut = false;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
