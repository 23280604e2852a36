import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Said } from "../../../adapters/core/relay/publish.ts";
import { createPublisher } from "../../../adapters/dapr/publisher.ts";
import { createSdkPorts } from "../../../adapters/dapr/sdk.ts";
import { createSidecar } from "../../../adapters/dapr/sidecar-client.ts";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import { daprd, startDaprd } from "../../engines/daprd.ts";
import type { Running } from "../../engines/engine.ts";
import { followTopic, kafka, startKafka } from "../../engines/kafka.ts";
import { until } from "../shop/orders.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { FIRST_PORT } from "../tools/ports.ts";
import { brokers } from "./brokers.ts";
import { writeOverlay } from "./overlay.ts";

const missing = whyMissing("records on Kafka", [daprd, kafka]);
const TIMEOUT_MS = 10_000;

describe.skipIf(missing !== undefined)("what we say on Kafka, read by a consumer that knows no Dapr", () => {
  let broker: Running;
  let sidecar: Running;
  let kafkaPort = 0;
  let httpPort = 0;
  let dir: string;

  beforeAll(async () => {
    dir = freshFolder("kafka-records");
    const [port = 0, controllerPort = 0, http = 0, grpcPort = 0, internalGrpcPort = 0] = await freePorts(FIRST_PORT, 5);
    [kafkaPort, httpPort] = [port, http];
    broker = await startKafka({ port, controllerPort, dir: join(dir, "broker") });
    const resources = join(dir, "resources");
    const metadata = { pubsub: { brokers: `127.0.0.1:${port}` } };
    writeOverlay({ folders: [brokers.kafka.folder], into: resources, metadata, stranger: "speaker" });
    sidecar = await startDaprd({
      ...{ appId: "speaker", httpPort, grpcPort, internalGrpcPort, resources: [resources] },
      logFile: join(dir, "daprd.log"),
    });
  });
  afterAll(async () => {
    await Promise.all([sidecar?.kill(), broker?.kill()]);
  });

  const publishers = {
    "our client": () =>
      createPublisher({
        sidecar: createSidecar({
          endpoint: `http://127.0.0.1:${httpPort}`,
          version: "v1.0",
          token: undefined,
          timeoutMs: TIMEOUT_MS,
        }),
        pubsubName: "pubsub",
      }),
    DaprClient: () =>
      createSdkPorts({
        ...{
          endpoint: `http://127.0.0.1:${httpPort}`,
          token: undefined,
          pubsubName: "pubsub",
          store: "statestore",
          timeoutMs: TIMEOUT_MS,
        },
      }).publish,
  };

  it.each(Object.entries(publishers))(
    "is by its content-type a structured CloudEvent, said by %s (CloudEvents, Kafka protocol binding 1.0.2, 3.3)",
    async (by, create) => {
      const topic = by.replaceAll(" ", "-");
      const said = { specversion: "1.0", id: by, source: "/s", type: "t.v1", data: { sum: 12.5, name: "é" } };
      const message: Said = { topic, key: "k ü&", body: JSON.stringify(said) };
      await create()([message]);
      const file = join(dir, `${topic}.txt`);
      const reader = await followTopic({ port: kafkaPort, topic, file, headers: true });
      try {
        await until(() => recordsIn(file).length > 0, { what: "the record is there" });
      } finally {
        await reader.kill();
      }
      const [record, ...more] = recordsIn(file);
      expect(more).toEqual([]);
      expect(record?.headers).toMatchObject({ "content-type": "application/cloudevents+json" });
      expect(JSON.parse(record?.value ?? "")).toMatchObject(said);
    },
  );
});

/** What the console consumer has printed: `name:value,name:value`, a tab, the value. */
function recordsIn(file: string) {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines
    .filter((line) => line.includes("\t{"))
    .map((line) => {
      const [head = "", value = ""] = line.split("\t");
      const headers = head.split(",").map((header) => header.split(/:(.*)/s).slice(0, 2));
      return { headers: Object.fromEntries(headers) as Readonly<Record<string, string>>, value };
    });
}
