import { Agent, createServer, type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";

/** A call of a service to its sidecar. */
export interface Call {
  readonly method: string;
  /** After the version: `publish/pubsub/orders`, `state/statestore/…`. */
  readonly path: string;
  readonly body: string;
}

/**
 * What happens to a call: the service dies before its sidecar hears of it, or before the service hears the answer; or the call
 * reaches nobody.
 */
export type Fault = "die-before" | "die-after" | "drop";

interface ProxyOptions {
  readonly port: number;
  readonly sidecarPort: number;
  readonly onDie: () => void;
}

export interface FaultProxy {
  /** Decides over each call from now on. Left out: nothing happens. */
  plan(decide?: (call: Call) => Fault | undefined): void;
  close(): Promise<void>;
}

/** Stands between a service and its sidecar, so that a service can die between two of its steps without knowing of tests. */
export async function startFaultProxy({ port, sidecarPort, onDie }: ProxyOptions): Promise<FaultProxy> {
  let decide: (call: Call) => Fault | undefined = () => undefined;
  const agent = new Agent({ keepAlive: true });
  const server = createServer(async (incoming, reply) => {
    try {
      const body = await buffer(incoming);
      const { method = "", url = "" } = incoming;
      const fault = decide({ method, path: url.replace(/^\/v[^/]+\//, "").replace(/\?.*/, ""), body: body.toString() });
      if (fault === "drop") return reply.destroy();
      if (fault === "die-before") return onDie();
      const { status, headers, answered } = await forward(incoming, body);
      if (fault === "die-after") return onDie();
      reply.writeHead(status, headers).end(answered);
    } catch {
      // The sidecar is away, or the service is.
      reply.destroy();
    }
  });

  const forward = (incoming: IncomingMessage, body: Buffer) =>
    new Promise<{ status: number; headers: IncomingMessage["headers"]; answered: Buffer }>((resolve, reject) => {
      const { method, url, headers } = incoming;
      const outgoing = request({ agent, host: "127.0.0.1", port: sidecarPort, method, path: url, headers });
      outgoing.on("error", reject);
      outgoing.on("response", (answer) => {
        const { statusCode: status = 502 } = answer;
        buffer(answer).then((answered) => resolve({ status, headers: answer.headers, answered }), reject);
      });
      outgoing.end(body);
    });

  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    plan(next = () => undefined) {
      decide = next;
    },
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
