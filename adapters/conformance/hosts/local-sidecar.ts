import { join } from "node:path";
import { MAX_EVENT_BYTES } from "../../dapr/app.ts";
import { createPublisher } from "../../dapr/publisher.ts";
import { createSidecar } from "../../dapr/sidecar-client.ts";
import { createDaprLedger } from "../../dapr/state-ledger.ts";
import { freePort } from "../../local/free-ports.ts";
import { createSidecars, type Sidecars } from "../../local/sidecars.ts";
import { createHost } from "../host.ts";
import { serveGated } from "./gated-app.ts";

const RESOURCES = join(import.meta.dirname, "local-sidecar");
const CALL_TIMEOUT_MS = 5_000;

const LACKS = {
  "any-body": "a sidecar wraps what is no event into one",
  unchanged: "a sidecar completes source, type, specversion, time and trace context",
  "any-length": "a sidecar takes 4 MiB; size.test.ts has what grows beyond on its way",
  "any-depth": "a sidecar refuses to publish it",
  "content-type": "a sidecar delivers application/cloudevents+json",
  "binary-mode": "a sidecar delivers structured events",
  "record-headers": "its broker is not Kafka",
  bulk: "it makes bulks itself, of what is published",
  "batch-mode": "a sidecar delivers single events",
  "event-trace": "a sidecar replaces the event's trace context by that of the publishing request",
  token: "a sidecar shows one token; its own tests cover it",
};

/** Sidecar, app, broker and store end to end: what is delivered was published, and what comes again comes by itself. */
const createLocalSidecar = ({ name, subscription }: { readonly name: string; readonly subscription: string }) =>
  createHost({
    name,
    maxEventBytes: MAX_EVENT_BYTES,
    lacks: LACKS,
    open: async () => {
      const [appPort, httpPort] = [await freePort(), await freePort()];
      const client = createSidecar({
        endpoint: `http://127.0.0.1:${httpPort}`,
        version: "v1.0",
        token: undefined,
        timeoutMs: CALL_TIMEOUT_MS,
      });
      let sidecars: Sidecars | undefined;
      return {
        ports: {
          ledger: createDaprLedger({ sidecar: client, store: "statestore" }),
          publish: createPublisher({ sidecar: client, pubsubName: "pubsub" }),
        },
        async serve(fn, { ports }) {
          const served = await serveGated(fn, { ports, appPort, httpPort });
          const apps = [{ appId: "probe", appPort, httpPort }];
          sidecars ??= await createSidecars({
            resources: [RESOURCES, join(RESOURCES, subscription)],
            database: ":memory:",
            apps,
          });
          return served;
        },
        async close() {
          await sidecars?.close();
          await client.close();
        },
      };
    },
  });

export const localSidecar = createLocalSidecar({ name: "local sidecar", subscription: "single" });
export const localSidecarInBulk = createLocalSidecar({
  name: "local sidecar, bulk of raw payloads",
  subscription: "bulk",
});
