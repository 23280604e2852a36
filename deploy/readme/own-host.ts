import { createServer, type Server } from "node:http";
import type { Ports } from "../../adapters/core/dispatch/ports.ts";
import { receive } from "../../adapters/core/dispatch/receive.ts";
import { HTTP_HEADERS } from "../../adapters/core/event/header-value.ts";
import { createBodyReader } from "../../adapters/core/host/read-body.ts";
import { createSqliteLedger } from "../../adapters/core/ledger/sqlite-ledger.ts";
import { relayNow } from "../../adapters/core/relay/relay-now.ts";
import { type FunctionDefinition, topicsOf } from "../../functions/kernel/define.ts";

/** A ledger in a file, and a broker that takes an event by POST to its topic. */
export const createPorts = (file: string, broker: string): Ports => ({
  ledger: createSqliteLedger({ file }),
  async publish(events, { signal = null } = {}) {
    for (const { topic, body, traceparent = "", tracestate = "" } of events) {
      const trace = { ...(traceparent && { traceparent }), ...(tracestate && { tracestate }) };
      const headers = { "content-type": "application/cloudevents+json", ...trace };
      const { ok, status } = await fetch(`${broker}/${topic}`, { method: "POST", headers, body, signal });
      if (!ok) throw new Error(`${topic}: the broker answered ${status}`);
    }
  },
  isRelayed: true,
  now: Date.now,
  ...{ deadlineMs: 10_000, leaseMs: 60_000 },
});

/** One function behind HTTP: the path is a topic, 204 says done, 503 says once more. */
export function serve(fn: FunctionDefinition, ports: Ports): Server {
  const read = createBodyReader();
  const relaying = setInterval(() => relayNow(fn, ports).catch(console.error), 20_000);
  const server = createServer(async (request, response) => {
    const [headers, topic] = [request.headers, request.url?.slice(1) ?? ""];
    const length = headers["content-length"];
    const body = await read(request, { maxBytes: 32 * 1024 * 1024, length, response }).catch(() => undefined);
    if (!body || !topicsOf(fn).includes(topic)) return void response.writeHead(503).end();
    const { kind } = await receive(fn, { ...body, headers, topic, coding: HTTP_HEADERS }, ports);
    response.writeHead(kind === "retry" ? 503 : 204).end();
  });
  return server.on("close", () => clearInterval(relaying));
}
