import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import { OrderCreated } from "../../functions/events/index.ts";
import { createPublisher } from "./publisher.ts";
import { createSdkPorts } from "./sdk.ts";
import { createSidecar } from "./sidecar-client.ts";
import { createCertificate } from "./test-certificate.ts";

const MAIN = join(import.meta.dirname, "main.ts");
const TIMES = { timeoutMs: 5_000 };
const said = { topic: "bills", key: "k", body: '{"id":"e-1"}' };
const hosts = ["127.0.0.1", ...(networkInterfaces().lo?.some(({ address }) => address === "::1") ? ["[::1]"] : [])];

interface Asked {
  readonly path: string;
  readonly host: string | undefined;
  readonly token: unknown;
}

const TRACE = { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01`, tracestate: 'a=1,b="\\' };

/** What takes every event, and what it was asked for. */
async function startSidecar({
  host = "127.0.0.1",
  tls,
}: {
  host?: string;
  tls?: ReturnType<typeof createCertificate>;
}) {
  const asked: Asked[] = [];
  const bodies: string[] = [];
  const answer: RequestListener = async (incoming: IncomingMessage, response) => {
    const { url = "", headers } = incoming;
    bodies.push(await text(incoming));
    if (url.includes("/publish/")) {
      const path = url.replace(/\?.*/, "");
      asked.push({ path, host: headers.host, token: headers["dapr-api-token"] });
      response.writeHead(204).end();
    } else response.writeHead(200, { "content-type": "application/json" }).end('{"id":"order"}');
  };
  const server = tls ? createTlsServer(tls, answer) : createServer(answer);
  server.listen(0, host.replace(/[[\]]/g, ""));
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const authority = `${host}:${(server.address() as AddressInfo).port}`;
  return { asked, bodies, authority };
}

it.each(hosts.flatMap((host) => ["", "/a/prefix"].map((prefix) => [host, prefix])))(
  "our client asks http://%s with the path %j before that of the API",
  async (host, prefix) => {
    const { asked, authority } = await startSidecar({ host });
    const sidecar = createSidecar({ endpoint: `http://${authority}${prefix}`, version: "v1.0", token: "t", ...TIMES });
    onTestFinished(sidecar.close);
    await createPublisher({ sidecar, pubsubName: "pubsub" })([said]);
    expect(asked).toEqual([{ path: `${prefix}/v1.0/publish/pubsub/bills`, host: authority, token: "t" }]);
  },
);

it.each(hosts)(
  "DaprClient asks http://%s, the trace in the event, twice over, so that a sidecar keeps it",
  async (host) => {
    const { asked, bodies, authority } = await startSidecar({ host });
    const options = { endpoint: `http://${authority}`, token: "t", pubsubName: "pubsub", store: "s", ...TIMES };
    await createSdkPorts(options).publish([{ ...said, ...TRACE }]);
    expect(JSON.parse(bodies.at(-1) ?? "")).toEqual({ traceid: TRACE.traceparent, ...TRACE, id: "e-1" });
    expect(asked).toEqual([{ path: "/v1.0/publish/pubsub/bills", host: authority, token: "t" }]);
  },
);

it.each([
  ["our client", "http", "/a/prefix"],
  ["DaprClient", "sdk", ""],
])(
  "a service says what it has to say by %s over https, where DAPR_HTTP_ENDPOINT tells, and says where",
  async (_, client, prefix) => {
    const tls = createCertificate();
    const folder = mkdtempSync(join(tmpdir(), "loosely-endpoint-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const cert = join(folder, "cert.pem");
    writeFileSync(cert, tls.cert);
    const { asked, authority } = await startSidecar({ tls });
    const endpoint = `https://${authority}${prefix}`;
    const child = spawn(process.execPath, [MAIN, "billing"], {
      env: {
        ...{
          PATH: process.env.PATH,
          APP_PORT: "0",
          EDGE_PORT: "0",
          EDGE_DEMO: "on",
          LEDGER: "memory",
          DAPR_API_TOKEN: "t",
          DAPR_CLIENT: client,
        },
        ...{ NODE_EXTRA_CA_CERTS: cert, DAPR_HTTP_PORT: "1", DAPR_HTTP_ENDPOINT: endpoint },
      },
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const ready = Promise.withResolvers<{ address: string; sidecar: string }>();
    createInterface({ input: child.stdout }).on("line", (line) => {
      const told = JSON.parse(line);
      if (told.msg === "ready") ready.resolve(told);
    });
    const { address, sidecar } = await ready.promise;
    expect(sidecar).toBe(endpoint);
    const event = { specversion: "1.0", id: "e-1", source: "/s", type: OrderCreated.type, data: OrderCreated.sample };
    const answer = await fetch(`${address}/orders`, {
      ...{ method: "POST", body: JSON.stringify(event) },
      headers: { "content-type": "application/cloudevents+json" },
    });
    expect(await answer.json()).toEqual({ status: "SUCCESS" });
    expect(asked).toEqual([{ path: `${prefix}/v1.0/publish/pubsub/bills`, host: authority, token: "t" }]);
  },
);
