import { request } from "node:http";
import { join } from "node:path";
import { createDaprApp } from "../../dapr/app.ts";
import { createPublisher, createSidecar } from "../../dapr/sidecar-client.ts";
import { createDaprLedger } from "../../dapr/state-ledger.ts";
import { freePort } from "../../local/free-ports.ts";
import { createSidecars, type Sidecars } from "../../local/sidecars.ts";
import { TOPIC } from "../handlers.ts";
import { createHost, type Sending } from "../host.ts";
import { createGate } from "./gate.ts";

const RESOURCES = join(import.meta.dirname, "local-sidecar");
const CALL_TIMEOUT_MS = 5_000;

/** Sidecar, app, broker and store end to end: what is delivered was published, and what comes again comes by itself. */
export const localSidecar = createHost({
  name: "local sidecar",
  lacks: {
    "any-body": "a sidecar wraps what is no event into one",
    unchanged: "a sidecar completes source, type, specversion, time and trace context",
    "any-depth": "a sidecar refuses to publish it",
    "content-type": "a sidecar delivers application/cloudevents+json",
    "binary-mode": "a sidecar delivers structured events",
    "batch-mode": "a sidecar delivers single events",
    "event-trace": "a sidecar replaces the event's trace context by that of the publishing request",
    token: "a sidecar shows one token; its own tests cover it",
  },
  open: async () => {
    const [appPort, httpPort] = [await freePort(), await freePort()];
    const client = createSidecar({ port: httpPort, version: "v1.0", token: undefined, timeoutMs: CALL_TIMEOUT_MS });
    let sidecars: Sidecars | undefined;
    return {
      ports: {
        ledger: createDaprLedger({ sidecar: client, store: "statestore" }),
        publish: createPublisher({ sidecar: client, pubsubName: "pubsub" }),
      },
      async serve(fn, { ports }) {
        const app = createDaprApp(fn, { ports });
        const gate = createGate(app);
        await app.listen({ host: "127.0.0.1", port: appPort });
        const apps = [{ appId: "probe", appPort, httpPort }];
        sidecars ??= await createSidecars({ resources: [RESOURCES], database: ":memory:", apps });
        return {
          async deliver(message) {
            await publish(message, httpPort);
            return gate.letOneIn();
          },
          redeliver: gate.letOneIn,
          async stop() {
            gate.close();
            await app.close();
          },
        };
      },
      async close() {
        await sidecars?.close();
        await client.close();
      },
    };
  },
});

/** Publishes a message as it is to the topic of the cases. throws: when the sidecar refuses it */
export function publish({ headers, body }: Sending, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const path = `/v1.0/publish/pubsub/${TOPIC}`;
    const outgoing = request({ host: "127.0.0.1", port, method: "POST", path }, (answer) => {
      answer.resume();
      if (answer.statusCode === 204) resolve();
      else reject(new Error(`the sidecar refused to publish: ${answer.statusCode}`));
    });
    outgoing.on("error", reject);
    for (const [name, value] of Object.entries(headers)) if (value) outgoing.setHeader(name, value);
    outgoing.end(body);
  });
}
