import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { settings } from "../../adapters/dapr/config.ts";
import { parseDuration } from "../../adapters/local/duration.ts";
import { system } from "../../functions/index.ts";
import { topicsOf } from "../../functions/kernel/define.ts";
import { CLUSTER_TIMES, TEST_SHUTDOWN, TEST_TIMES } from "../e2e/dapr/overlay.ts";
import { BULK } from "../generate/bulk.ts";
import { KEPT } from "../generate/kept.ts";

const BROKERS = ["redis", "rabbitmq", "kafka", "snssqs", "gcp-pubsub"];
const read = (file: string) => readFileSync(join(import.meta.dirname, file), "utf8");
const defaultOf = (variable: string) => Number(settings.find((setting) => setting.variable === variable)?.default);
const msOf = (text: string) => parseDuration(text) ?? Number(text);

interface Component {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly type: string;
    readonly metadata: readonly { readonly name: string; readonly value: string }[];
  };
}

const pubsubOf = (broker: string): Component => parse(read(`brokers/${broker}/pubsub.yaml`));
const settingOf = (broker: string, name: string) =>
  pubsubOf(broker).spec.metadata.find((item) => item.name === name)?.value;

const { timeouts, retries } = parse(read("resources/resiliency.yaml")).spec.policies;
const shipped = {
  dispatch: defaultOf("DISPATCH_TIMEOUT_MS"),
  giveUp: defaultOf("GIVE_UP_AFTER_MS"),
  timeout: msOf(timeouts.delivery),
  retry: retries.delivery,
  processing: msOf(settingOf("redis", "processingTimeout") ?? ""),
  redeliver: msOf(settingOf("redis", "redeliverInterval") ?? ""),
};
const tested = ({ dispatchMs, giveUpAfterMs, resiliency, pubsub }: typeof TEST_TIMES): typeof shipped => ({
  dispatch: dispatchMs,
  giveUp: giveUpAfterMs,
  timeout: msOf(resiliency.timeout),
  retry: resiliency.retry,
  processing: msOf(pubsub.processingTimeout),
  redeliver: msOf(pubsub.redeliverInterval),
});

/** Within which a bulk is answered, whatever its handlers do. */
const BULK_MS = 1_000;
/** Of the app that hears most. */
const MOST_TOPICS = Math.max(...system.functions.map(({ definition }) => topicsOf(definition).length));
/** Of Redis: what it hands out, its queue, and what is read of each topic beside it. source: pubsub/redis/redis.go; 100 by default */
const QUEUE_DEPTH = 100;
const inHandOf = (topics: number) => Number(settingOf("redis", "concurrency")) + QUEUE_DEPTH * (1 + topics);

describe.each([
  { which: "that ship", times: shipped },
  { which: "of the tests on real engines", times: tested(TEST_TIMES) },
  { which: "of the tests on a cluster", times: tested(CLUSTER_TIMES) },
])("the times $which", ({ times }) => {
  it("let the app answer before its sidecar stops listening, also what waits behind the bulks of its other topics", () => {
    const longest = times.dispatch + (MOST_TOPICS - 1) * BULK_MS;
    expect(times.timeout).toBeGreaterThan(longest);
    expect(times.timeout).toBeLessThan(longest * 1.5);
  });

  it("let the sidecar retry without end: an outage ends no event", () => {
    expect(times.retry).toMatchObject({ policy: "constant", maxRetries: -1 });
  });

  it("let a handler fail for longer than a restart and several attempts take", () => {
    expect(times.giveUp).toBeGreaterThanOrEqual(6 * times.dispatch);
  });

  it("let Redis wait for what a sidecar has in hand until all of it is answered, a delivery that hangs among it", () => {
    const bulks = Math.ceil(inHandOf(MOST_TOPICS) / BULK.maxMessagesCount);
    expect(times.processing).toBeGreaterThan(bulks * BULK_MS + 2 * times.timeout + msOf(times.retry.duration));
  });

  it("let it wait as long as a failing handler may take to be given up without PARKING, and hardly longer", () => {
    const longest = times.giveUp + 2 * times.timeout + msOf(times.retry.duration);
    expect(times.processing).toBeGreaterThan(longest);
    expect(times.processing).toBeLessThan(longest * 1.1);
    expect(times.redeliver).toBeLessThan(times.processing / 10);
  });
});

it("says redeliverInterval in milliseconds: daprd ignores a duration there in silence", () => {
  expect(settingOf("redis", "redeliverInterval")).toMatch(/^[1-9]\d*$/);
});

const TWO_BULKS = String(2 * BULK.maxMessagesCount);

it("has Redis hand out a full bulk of each topic at once, also to the app that hears most: npm run generate says how many", () => {
  expect(Number(settingOf("redis", "concurrency"))).toBeGreaterThanOrEqual(MOST_TOPICS * BULK.maxMessagesCount);
  expect(settingOf("redis", "queueDepth")).toBe(undefined);
  expect(BULK.maxMessagesCount).toBeLessThanOrEqual(QUEUE_DEPTH);
});

it("waits for no more events of a bulk than a person would notice: each hop of a lone event waits as long", () => {
  expect(BULK.maxAwaitDurationMs).toBeGreaterThan(0);
  expect(BULK.maxAwaitDurationMs).toBeLessThanOrEqual(20);
});

it.each([
  {
    broker: "rabbitmq",
    values: {
      ...{ durable: "true", deletedWhenUnused: "false", deliveryMode: "2" },
      ...{ publisherConfirm: "true", requeueInFailure: "true", prefetchCount: TWO_BULKS },
    },
  },
  {
    broker: "kafka",
    values: {
      ...{ initialOffset: "oldest", consumeRetryEnabled: "true", backOffMaxRetries: "-1", escapeHeaders: "true" },
    },
  },
  {
    broker: "snssqs",
    values: { messageVisibilityTimeout: String(shipped.processing / 1_000), concurrencyMode: "parallel" },
  },
  { broker: "gcp-pubsub", values: { maxOutstandingMessages: TWO_BULKS } },
])("keeps on $broker what keeps events, and lets bulks fill", ({ broker, values }) => {
  for (const [name, value] of Object.entries(values)) expect([name, settingOf(broker, name)]).toEqual([name, value]);
});

it("never trims a Redis stream: that throws away what nobody has consumed yet", () => {
  expect([settingOf("redis", "maxLenApprox"), settingOf("redis", "streamTTL")]).toEqual([undefined, undefined]);
});

it.each(BROKERS)("gives %s one file, and every broker the same name", (broker) => {
  expect(readdirSync(join(import.meta.dirname, "brokers", broker)).filter((file) => file.endsWith(".yaml"))).toEqual([
    "pubsub.yaml",
  ]);
  expect(pubsubOf(broker).metadata.name).toBe("pubsub");
});

it.each(["resources/statestore.yaml", ...BROKERS.map((broker) => `brokers/${broker}/pubsub.yaml`)])(
  "keeps the scopes of %s, since a component that leaves a function out is not there for it",
  (file) => {
    expect(read(file)).toContain(`\nscopes: ${KEPT}\n`);
  },
);

it("writes a comment above every setting that keeps events", () => {
  for (const broker of BROKERS) {
    const lines = read(`brokers/${broker}/pubsub.yaml`).split("\n");
    const names = lines.keys().filter((index) => lines[index]?.trim().startsWith("- name:"));
    const bare = [...names].filter((index) => {
      const name = lines[index]?.replace(/.*name: /, "") ?? "";
      return !PLAIN.has(name) && !lines.slice(0, index).toReversed().find(isEnd)?.trim().startsWith("#");
    });
    expect(bare.map((index) => lines[index])).toEqual([]);
  }
});
/** Where the broker is, and what belongs to the setting before. */
const PLAIN = new Set([
  ...["redisHost", "connectionString", "brokers", "authType", "region", "projectId"],
  ...["deletedWhenUnused", "messageReceiveLimit", "backOffPolicy", "backOffDuration", "backOffMaxRetries"],
]);
const isEnd = (line: string) => !/^ {6}/.test(line);

it("delivers one event at a time under the Dapr CLI, never takes subscriptions away, and keeps the list of apps", () => {
  const text = read("dapr.yaml");
  const { common } = parse(text);
  expect(common.appMaxConcurrency).toBe(1);
  expect(Object.keys(common).filter((name) => /health/i.test(name))).toEqual([]);
  expect(text).toContain(`\napps: ${KEPT}\n`);
});

it("lets no sidecar change under its service: what it has read at its start stays until it is started anew", () => {
  expect(parse(read("config.yaml")).spec.features).toEqual([{ name: "HotReload", enabled: false }]);
});

it("lets a sidecar of the tests wait in the end for a dispatch, as one of a pod does, and hardly longer", () => {
  const block = msOf(TEST_SHUTDOWN["dapr-block-shutdown-duration"]);
  expect(block).toBeGreaterThan(TEST_TIMES.dispatchMs);
  expect(block).toBeLessThan(TEST_TIMES.dispatchMs * 2);
});
