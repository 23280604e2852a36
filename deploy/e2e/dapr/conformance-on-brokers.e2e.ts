import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { TOPIC } from "../../../adapters/conformance/handlers.ts";
import { createHost, type Sending } from "../../../adapters/conformance/host.ts";
import { publish, serveGated } from "../../../adapters/conformance/hosts/gated-app.ts";
import { localSidecar } from "../../../adapters/conformance/hosts/local-sidecar.ts";
import { describeConformance } from "../../../adapters/conformance/suite.ts";
import type { Ledger } from "../../../adapters/core/ledger/ledger.ts";
import { createPublisher } from "../../../adapters/dapr/publisher.ts";
import { createSidecar } from "../../../adapters/dapr/sidecar-client.ts";
import { createDaprLedger } from "../../../adapters/dapr/state-ledger.ts";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import { resiliencyYaml, subscriptionsYaml } from "../../../adapters/local/test-app.ts";
import { daprd, startDaprd } from "../../engines/daprd.ts";
import type { Running } from "../../engines/engine.ts";
import { produceRecord } from "../../engines/kafka.ts";
import { redis, startRedis } from "../../engines/redis.ts";
import { until } from "../shop/orders.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { FIRST_PORT } from "../tools/ports.ts";
import { type Broker, type BrokerKind, brokers } from "./brokers.ts";
import { RESOURCES, writeOverlay } from "./overlay.ts";

const APP = "probe";
/** Enough for what comes again after 10 ms, where a sidecar holds something for taken that no app has taken. */
const QUIET_MS = 2_000;
const KAFKA_LACKS = { "any-size": "Kafka takes 1 MiB", overlap: "a partition is read one event after the other" };

/** A case takes a tenth of a second; one whose message never comes must not hold up the others. */
vi.setConfig({ testTimeout: 60_000 });
/** Longer than that: how long a delivery waits is for a case to say. */
const DELIVERY_TIMEOUT = "90s";

// What every host passes, end to end: published through daprd to a real broker, delivered from there, its ledger in a real Redis.
for (const kind of Object.values(brokers)) describeOn(kind);

function describeOn(kind: BrokerKind): void {
  const missing = whyMissing(`conformance on ${kind.name}`, [daprd, redis, kind.engine]);
  describe.skipIf(missing !== undefined)(`behind daprd on ${kind.name}`, () => {
    let broker: Broker;
    let state: Running;
    let sidecar: Running;
    let appPort = 0;
    let httpPort = 0;
    /** Messages of the cases so far that have been published, and not been taken. */
    let owed = 0;

    beforeAll(async () => {
      const dir = freshFolder(`conformance-${kind.name.toLowerCase()}`);
      broker = await kind.start(join(dir, "broker"));
      const [statePort = 0, app = 0, http = 0, grpcPort = 0, internalGrpcPort = 0] = await freePorts(
        FIRST_PORT + 30,
        5,
      );
      [appPort, httpPort] = [app, http];
      state = await startRedis({ port: statePort, dir: join(dir, "state") });
      const resources = join(dir, "resources");
      // Some cases want 20 deliveries at once, and a bulk has no more.
      const pubsub = { ...broker.metadata, concurrency: "32", prefetchCount: "32" };
      const metadata = { pubsub, statestore: { redisHost: `127.0.0.1:${statePort}` } };
      writeOverlay({ folders: [RESOURCES, kind.folder], into: resources, metadata, stranger: APP });
      writeFileSync(join(resources, "subscriptions.yaml"), subscriptionsYaml([{ topic: TOPIC, bulk: 32 }]));
      // Comes again at once: what a delivery's outcome is can be seen by it.
      const retry = { timeout: DELIVERY_TIMEOUT, duration: "10ms", maxRetries: -1 };
      writeFileSync(join(resources, "resiliency.yaml"), resiliencyYaml(retry));
      const drain = await startDrain(appPort);
      sidecar = await startDaprd({
        ...{ appId: APP, appPort, httpPort, grpcPort, internalGrpcPort, resources: [resources] },
        logFile: join(dir, "daprd.log"),
      });
      await drain.mark(httpPort);
      await drain.close();
    });
    afterAll(async () => {
      await Promise.all([sidecar?.kill(), broker?.stop(), state?.kill()]);
    });

    const send = (message: Sending) => {
      owed++;
      return message.headers.ce_specversion === undefined ? publish(message, httpPort) : produce(message, broker);
    };
    const onTaken = () => {
      owed--;
    };
    /** Takes what a case has left behind, so that the next one does not get it. */
    const drain = async () => {
      if (owed === 0) return;
      const draining = await startDrain(appPort, onTaken);
      await draining.mark(httpPort);
      await until(() => owed === 0 || draining.isQuiet(), { what: "nothing comes any more" });
      await draining.close();
      owed = 0;
    };

    describeConformance(
      createHost({
        name: `daprd on ${kind.name}`,
        maxEventBytes: localSidecar.maxEventBytes,
        lacks: {
          ...(kind === brokers.kafka ? WITHOUT_RECORDS : localSidecar.lacks),
          "any-text": "daprd replaces what is no character",
          ...(kind === brokers.kafka ? KAFKA_LACKS : {}),
        },
        open: async () => {
          const client = createSidecar({
            endpoint: `http://127.0.0.1:${httpPort}`,
            version: "v1.0",
            token: undefined,
            timeoutMs: 5_000,
          });
          return {
            ports: {
              ledger: apart(createDaprLedger({ sidecar: client, store: "statestore" })),
              publish: createPublisher({ sidecar: client, pubsubName: "pubsub" }),
            },
            serve: (fn, { ports }) => serveGated(fn, { ports, appPort, httpPort, send, onTaken }),
            async close() {
              await client.close();
              await drain();
            },
          };
        },
      }),
    );
  });
}

const { "record-headers": _, ...WITHOUT_RECORDS } = localSidecar.lacks;

/** As another producer writes it to Kafka: past the sidecar, its headers as the bytes of UTF-8. */
async function produce({ headers, body }: Sending, { metadata: { brokers: address = "" } }: Broker): Promise<void> {
  const { "content-type": _, ...record } = headers;
  const texts = Object.entries(record).map(([name, value]) => [name, Buffer.from(String(value), "latin1").toString()]);
  await produceRecord({
    port: Number(address.split(":")[1]),
    topic: TOPIC,
    headers: Object.fromEntries(texts),
    value: Buffer.from(body).toString(),
  });
}

/** The cases say the same events: each gets a part of the store to itself. */
function apart(ledger: Ledger): Ledger {
  const part = crypto.randomUUID();
  const at = (key: string) => `${part}-${key}`;
  return {
    ...ledger,
    load: (key, options) => ledger.load(at(key), options),
    loadAll: (keys, options) => ledger.loadAll(keys.map(at), options),
    save: (key, entry, options) => ledger.save(at(key), entry, options),
    put: (rows, options) =>
      ledger.put(
        rows.map((row) => ({ ...row, key: at(row.key) })),
        options,
      ),
  };
}

/** An app that takes whatever comes. */
async function startDrain(port: number, onTaken = () => {}) {
  const marker = crypto.randomUUID();
  let last = Date.now();
  let isMarked = false;
  const server = createServer((request, answer) => {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      last = Date.now();
      if (request.method !== "POST") {
        answer.end(request.url === "/dapr/subscribe" ? "[]" : "{}");
        return;
      }
      const { entries } = JSON.parse(body) as { readonly entries: readonly { entryId: string; event: string }[] };
      answer.end(JSON.stringify({ statuses: entries.map(({ entryId }) => ({ entryId, status: "SUCCESS" })) }));
      for (const { event } of entries)
        if (Buffer.from(event, "base64").includes(marker)) isMarked = true;
        else onTaken();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    /** Waits for an event of its own, which shows that the sidecar delivers. */
    async mark(httpPort: number) {
      const headers = { "content-type": "application/cloudevents+json" };
      const event = { specversion: "1.0", id: marker, source: "/drain", type: "drain.v1" };
      const isPublished = () =>
        publish({ headers, body: Buffer.from(JSON.stringify(event)) }, httpPort).then(
          () => true,
          () => false,
        );
      await until(isPublished, { what: "the sidecar publishes" });
      await until(() => isMarked, { what: "the sidecar delivers" });
    },
    isQuiet: () => Date.now() - last > QUIET_MS,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
