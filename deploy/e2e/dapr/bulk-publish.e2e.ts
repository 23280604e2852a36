import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Said } from "../../../adapters/core/relay/publish.ts";
import { createPublisher } from "../../../adapters/dapr/publisher.ts";
import { createSidecar, type Sidecar } from "../../../adapters/dapr/sidecar-client.ts";
import { freePorts } from "../../../adapters/local/free-ports.ts";
import { startApp } from "../../../adapters/local/test-app.ts";
import { daprd, startDaprd } from "../../engines/daprd.ts";
import { until } from "../shop/orders.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import { FIRST_PORT } from "../tools/ports.ts";
import { type BrokerKind, brokers } from "./brokers.ts";
import { writeOverlay } from "./overlay.ts";

const TRACE = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
const WITHIN_MS = 60_000;

interface Entry {
  readonly entryId: string;
  readonly event: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

const bodies = [
  '{"specversion":"1.0","id":"1","source":"/s","type":"t.v1","data":{"sum":9007199254740993,"rate":1.10}}',
  '{"specversion":"1.0","id":"2","source":"/s","type":"t.v1","data":"Zoë 🛒 \\u00e9 <&> \u2028"}',
  '{ "type":"t.v1", "source":"/s", "id":"3", "specversion":"1.0" }',
];
const said = (topic: string): readonly Said[] => [
  { topic, key: "ü/&?", body: bodies[0] as string, traceparent: TRACE, tracestate: "a=1" },
  { topic, key: "two", body: bodies[1] as string },
  { topic, key: "three", body: bodies[2] as string },
];
const traced = [`{"traceparent":"${TRACE}","tracestate":"a=1",${bodies[0]?.slice(1)}`, ...bodies.slice(1)];

const subscription = (topic: string, more: object) =>
  JSON.stringify({
    apiVersion: "dapr.io/v2alpha1",
    kind: "Subscription",
    metadata: { name: topic },
    spec: { pubsubname: "pubsub", topic, routes: { default: `/${topic}` }, ...more },
  });

/** A daprd with an app that hears one topic in bulk, as bytes, and another one as anybody would. */
async function start(kind: BrokerKind) {
  const dir = freshFolder(`bulk-publish-${kind.name}`);
  const broker = await kind.start(join(dir, "broker"));
  onTestFinished(() => broker.stop());
  const [httpPort = 0, grpcPort = 0, internalGrpcPort = 0] = await freePorts(FIRST_PORT + 20, 3);
  const resources = join(dir, "resources");
  writeOverlay({ folders: [kind.folder], into: resources, metadata: { pubsub: broker.metadata }, stranger: "speaker" });
  const own = join(dir, "subscriptions");
  mkdirSync(own, { recursive: true });
  const bulk = { bulkSubscribe: { enabled: true, maxMessagesCount: 50, maxAwaitDurationMs: 5 } };
  const subscriptions = [
    subscription("as-bytes", { ...bulk, metadata: { rawPayload: "true" } }),
    subscription("as-event", {}),
  ];
  writeFileSync(join(own, "subscriptions.yaml"), subscriptions.join("\n---\n"));
  const entries: Entry[] = [];
  const app = await startApp({
    answer({ path, body }) {
      if (path !== "/as-bytes") return { body: '{"status":"SUCCESS"}' };
      const heard = JSON.parse(body).entries as readonly Entry[];
      entries.push(...heard);
      return { body: JSON.stringify({ statuses: heard.map(({ entryId }) => ({ entryId, status: "SUCCESS" })) }) };
    },
  });
  const process = await startDaprd({
    ...{ appId: "speaker", appPort: app.port, httpPort, grpcPort, internalGrpcPort, resources: [resources, own] },
    logFile: join(dir, "daprd.log"),
  });
  onTestFinished(() => process.kill());
  const endpoint = `http://127.0.0.1:${httpPort}`;
  const sidecar = createSidecar({ endpoint, version: "v1.0", token: undefined, timeoutMs: 10_000 });
  onTestFinished(() => sidecar.close());
  const calls: string[] = [];
  const watched: Sidecar = {
    ...sidecar,
    call(call) {
      calls.push(`${call.version ?? "v1.0"} ${call.path.replace(/\?.*/, "")}`);
      return sidecar.call(call);
    },
  };
  const heard = () => app.deliveries.filter(({ path }) => path === "/as-event");
  return { entries, heard, calls, publish: createPublisher({ sidecar: watched, pubsubName: "pubsub" }) };
}

describe.each(Object.values(brokers))("a bulk that we publish through a real daprd 1.14.0 with $name", (kind) => {
  const missing = whyMissing(`bulk publish on ${kind.name}`, [daprd, kind.engine]);

  it.skipIf(missing !== undefined)(
    "is one request, comes as our bytes where bytes are wanted, and as events where they are not",
    async () => {
      const { entries, heard, calls, publish } = await start(kind);
      // Until all have subscribed, a broker without a queue for them would throw it away.
      const [first] = said("as-bytes");
      await until(
        async () => {
          for (const topic of ["as-bytes", "as-event"]) await publish([{ ...(first as Said), topic }]);
          return entries.length > 0 && heard().length > 0;
        },
        { what: "it is subscribed", withinMs: WITHIN_MS, everyMs: 500 },
      );
      entries.length = 0;
      const [before, alone] = [heard().length, calls.length];
      await Promise.all([...said("as-bytes"), ...said("as-event")].map((one) => publish([one])));
      expect(calls.slice(alone)).toEqual([
        "v1.0-alpha1 publish/bulk/pubsub/as-bytes",
        "v1.0-alpha1 publish/bulk/pubsub/as-event",
      ]);
      const bytes = () => entries.map(({ event }) => Buffer.from(event, "base64").toString());
      const all = () => traced.every((body) => bytes().includes(body));
      await until(all, { what: `all have come as bytes, got ${bytes()}`, withinMs: WITHIN_MS });
      const ids = () =>
        new Set(
          heard()
            .slice(before)
            .map(({ body }) => JSON.parse(body).id),
        );
      await until(() => ids().size === 3, { what: "all have come as events", withinMs: WITHIN_MS });
      const events = heard().slice(before);
      expect(new Set(events.map(({ headers }) => headers["content-type"]))).toEqual(
        new Set(["application/cloudevents+json"]),
      );
      for (const body of bodies) {
        const { data: _, ...event } = JSON.parse(body);
        expect(events.map((one) => JSON.parse(one.body))).toContainEqual(expect.objectContaining(event));
      }
      if (kind === brokers.kafka)
        expect(entries.map(({ metadata }) => metadata)).toContainEqual(
          expect.objectContaining({ __key: "ü/&?", "content-type": "application/cloudevents+json" }),
        );
    },
  );
});
