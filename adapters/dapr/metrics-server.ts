import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface MetricsServer {
  readonly port: number;
  close(): void;
}

/** Answers GET /metrics. source: Prometheus, "Text-based format" 0.0.4 */
export async function serveMetrics(registry: Registry, { host, port }: Address): Promise<MetricsServer> {
  // Not imported, for the reason that http-client.ts gives.
  const { createServer } = process.getBuiltinModule("node:http");
  const server = createServer(async ({ method, url }, answer) => {
    if (method !== "GET" || url !== "/metrics") answer.writeHead(404).end();
    else answer.writeHead(200, { "content-type": registry.contentType }).end(await registry.metrics());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
