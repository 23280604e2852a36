import { join } from "node:path";
import { expect, test } from "vitest";
import { system } from "../../functions/index.ts";
import { topicsOf } from "../../functions/kernel/define.ts";
import { loadResources } from "./resources.ts";
import { pubsubYaml, resiliencyYaml, resourcesWith, subscriptionsYaml } from "./test-app.ts";

const names = system.functions.map(({ name }) => name);
const deploy = join(import.meta.dirname, "../../deploy/dapr");

test("the YAML that is deployed to real sidecars is what the local one reads", () => {
  const resources = loadResources([join(deploy, "resources"), join(deploy, "brokers/redis")], names);
  expect(
    resources.subscriptions.map(({ topic, path, scopes, deadLetterTopic }) => [topic, path, scopes, deadLetterTopic]),
  ).toEqual(
    system.functions.flatMap(({ name, definition }) =>
      topicsOf(definition).map((topic) => [topic, `/${topic}`, [name], "dead-letters"]),
    ),
  );
  // It takes dead letters from a real sidecar.
  expect(resources.ignored).toEqual([expect.stringContaining("is for keeper")]);
});

test("a delivery is retried without end, so that no outage ends an event, and is aborted after the app's own deadline", () => {
  const { inbound } = loadResources([join(deploy, "resources"), join(deploy, "brokers/redis")], names);
  const { timeout, retry } = inbound[0] ?? {};
  expect(timeout).toBeGreaterThan(10_000);
  expect(retry).toMatchObject({ policy: "constant", maxRetries: -1 });
});

const subscription = (spec: string, scopes = "[app]") => `
apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata: {name: s}
spec: {pubsubname: pubsub, topic: t, ${spec}}
scopes: ${scopes}
`;
const component = (type: string, metadata = "[]") => `
apiVersion: dapr.io/v1alpha1
kind: Component
metadata: {name: c}
spec: {type: ${type}, version: v1, metadata: ${metadata}}
`;
const resiliency = (policies: string, targets = "{}") => `
apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: {name: r}
spec: {policies: ${policies}, targets: ${targets}}
`;
const toPath = "routes: {default: /t}";

test.each([
  [
    "a CEL rule",
    subscription("routes: {rules: [{match: \"event.type == 'x'\", path: /t}]}"),
    "x.yaml: Subscription s: spec.routes.rules.0.match: CEL rules are not supported: use routes.default",
  ],
  ["no route", subscription("routes: {}"), "x.yaml: Subscription s: spec.routes: must have a default route"],
  [
    "bulkSubscribe without raw payload",
    subscription(`${toPath}, bulkSubscribe: {enabled: true}`),
    'x.yaml: Subscription s: spec.bulkSubscribe: wants spec.metadata.rawPayload "true": without it a sidecar rounds',
  ],
  [
    "bulkSubscribe that does not say whether it is on",
    subscription(`${toPath}, bulkSubscribe: {maxMessagesCount: 5}`),
    "x.yaml: Subscription s: spec.bulkSubscribe.enabled: is missing",
  ],
  [
    "a bulk of more than an answer can list",
    subscription(`${toPath}, bulkSubscribe: {enabled: true, maxMessagesCount: 10001}`),
    "x.yaml: Subscription s: spec.bulkSubscribe.maxMessagesCount: must be 10000 or less",
  ],
  [
    "other metadata of a subscription",
    subscription(`${toPath}, metadata: {isolation: "true"}`),
    "x.yaml: Subscription s: spec.metadata.isolation: is not supported by the local sidecar",
  ],
  [
    "raw payload for the keeper and an app that runs",
    subscription(`${toPath}, metadata: {rawPayload: "true"}`, "[keeper, app]"),
    "x.yaml: Subscription s: scopes: keeper is no app that runs here",
  ],
  [
    "a pubsub that does not exist",
    subscription(toPath).replace("pubsubname: pubsub", "pubsubname: nope"),
    "x.yaml: Subscription s: spec.pubsubname: must name a pubsub component, got nope",
  ],
  [
    "a scope that names an app that does not exist",
    subscription(toPath, "[app, payment]"),
    "x.yaml: Subscription s: scopes: payment is no app that runs here (app, other)",
  ],
  [
    "two subscriptions of one app to one topic",
    `${subscription(toPath)}---${subscription(toPath, "[]")}`,
    "x.yaml: Subscription s: spec.topic: app is subscribed to t already, by",
  ],
  [
    "its own topic for dead letters",
    subscription(`${toPath}, deadLetterTopic: t`),
    "x.yaml: Subscription s: spec.deadLetterTopic: must not be the topic itself",
  ],
  [
    "the old API version",
    subscription(toPath).replace("v2alpha1", "v1alpha1"),
    "x.yaml: Subscription s: apiVersion: must be dapr.io/v2alpha1",
  ],
  ["a missing field", subscription(toPath).replace("topic: t,", ""), "x.yaml: Subscription s: spec.topic: is missing"],
  [
    "another building block",
    component("bindings.cron"),
    "x.yaml: Component c: spec.type: must begin with pubsub. or state., got bindings.cron",
  ],
  [
    "a shared key prefix",
    component("state.redis", "[{name: keyPrefix, value: none}]"),
    "x.yaml: Component c: spec.metadata.keyPrefix: must be appid, got none",
  ],
  [
    "an outbox",
    component("state.redis", "[{name: outboxPublishPubsub, value: pubsub}]"),
    "x.yaml: Component c: spec.metadata.outboxPublishPubsub: is not supported by the local sidecar",
  ],
  [
    "a shared consumer",
    component("pubsub.redis", "[{name: consumerID, value: all}]"),
    "x.yaml: Component c: spec.metadata.consumerID: must be {appID}, got all",
  ],
  [
    "a processing timeout that is none",
    component("pubsub.redis", "[{name: processingTimeout, value: soon}]"),
    "x.yaml: Component c: spec.metadata.processingTimeout: must be a duration above 0, got soon",
  ],
  [
    "a name that is taken",
    component("state.redis").replace("name: c", "name: pubsub"),
    "x.yaml: Component pubsub: metadata.name: is taken already",
  ],
  [
    "a circuit breaker",
    resiliency("{circuitBreakers: {}}"),
    "x.yaml: Resiliency r: spec.policies.circuitBreakers: is not supported by the local sidecar",
  ],
  [
    "matching",
    resiliency("{retries: {a: {matching: {httpStatusCodes: '500'}}}}"),
    "x.yaml: Resiliency r: spec.policies.retries.a.matching: is not supported by the local sidecar",
  ],
  [
    "a bad duration",
    resiliency("{timeouts: {a: 5}}"),
    "x.yaml: Resiliency r: spec.policies.timeouts.a: must be a duration such as 10s",
  ],
  [
    "a policy that does not exist",
    resiliency("{}", "{components: {pubsub: {inbound: {retry: constructor}}}}"),
    "x.yaml: Resiliency r: spec.targets.components.pubsub.inbound.retry: must be in spec.policies.retries, got constructor",
  ],
  [
    "a target that does not exist",
    resiliency("{}", "{components: {nope: {}}}"),
    "x.yaml: Resiliency r: spec.targets.components.nope: must name a component",
  ],
  [
    "a second Resiliency in its file",
    `${resiliency("{}")}---${resiliency("{}")}`,
    "x.yaml: Resiliency r: must stand in a file of its own",
  ],
  [
    "another kind",
    "{apiVersion: dapr.io/v1alpha1, kind: HTTPEndpoint, metadata: {name: e}}",
    "x.yaml: HTTPEndpoint e: kind: is not supported by the local sidecar",
  ],
  ["broken YAML", "a: [", "x.yaml: Flow sequence"],
])("refuses %s at start, naming file, kind, name and field", (_what, yaml, message) => {
  const folder = resourcesWith({ "pubsub.yaml": pubsubYaml(), "x.yaml": yaml });
  expect(() => loadResources([folder], ["app", "other"])).toThrow(message);
});

test("lists all faults at once", () => {
  const folder = resourcesWith({ "a.yaml": component("lock.redis"), "b.yaml": subscription(toPath, "[nobody]") });
  expect(() => loadResources([folder], ["app"])).toThrow(/a\.yaml.*\n.*b\.yaml.*\n.*nobody/);
});

test.each([
  ["allowedTopics", { allowedTopics: "x" }, "spec.topic: app may not subscribe to t"],
  ["protectedTopics", { protectedTopics: "t" }, "spec.topic: app may not subscribe to t"],
  ["subscriptionScopes", { subscriptionScopes: "app=x,y" }, "spec.topic: app may not subscribe to t"],
  ["publishingScopes", { publishingScopes: "app=" }, "spec.deadLetterTopic: app may not publish to d"],
])("refuses a subscription that %s forbid", (_name, metadata, message) => {
  const subscriptions = subscriptionsYaml([{ topic: "t", deadLetterTopic: "d" }]);
  const folder = resourcesWith({
    "pubsub.yaml": pubsubYaml(metadata as Record<string, string>),
    "s.yaml": subscriptions,
  });
  expect(() => loadResources([folder], ["app"])).toThrow(message);
});

test("passes over what is not for it: other tools' files, Configuration, secrets that it does not need, the keeper", () => {
  const secret = component("state.redis", "[{name: redisPassword, secretKeyRef: {name: redis, key: password}}]");
  const folder = resourcesWith({
    "kustomization.yaml": "resources: [a.yaml]",
    "config.yml": "{apiVersion: dapr.io/v1alpha1, kind: Configuration, metadata: {name: c}, spec: {}}",
    "notes.txt": "a: [",
    "secret.yaml": secret,
    "keeper.yaml": subscription(`${toPath}, metadata: {rawPayload: "true"}`, "[keeper]"),
    "empty.yaml": "",
  });
  const { stores, subscriptions, ignored } = loadResources([folder], ["app"]);
  expect(stores.map(({ name }) => name)).toEqual(["c"]);
  expect(subscriptions).toEqual([]);
  expect(ignored).toHaveLength(3);
});

test.each([
  ["", { isRaw: false, bulk: undefined }],
  [', metadata: {rawPayload: "false"}', { isRaw: false, bulk: undefined }],
  [', metadata: {rawPayload: "true"}', { isRaw: true, bulk: undefined }],
  [', metadata: {rawPayload: "true"}, bulkSubscribe: {enabled: false}', { isRaw: true, bulk: undefined }],
  [', metadata: {rawPayload: "true"}, bulkSubscribe: {enabled: true}', { isRaw: true, bulk: 100 }],
  [
    ', metadata: {rawPayload: "true"}, bulkSubscribe: {enabled: true, maxMessagesCount: 50, maxAwaitDurationMs: 5}',
    { isRaw: true, bulk: 50 },
  ],
])("reads how a subscription wants its events, daprd's defaults among it: %j", (spec, expected) => {
  const folder = resourcesWith({ "pubsub.yaml": pubsubYaml(), "x.yaml": subscription(toPath + spec) });
  expect(loadResources([folder], ["app"]).subscriptions).toMatchObject([expected]);
});

test("reads a retry policy as daprd does, defaults among it", () => {
  const folder = resourcesWith({
    "pubsub.yaml": pubsubYaml({ processingTimeout: "4000" }),
    "resiliency.yaml": resiliencyYaml({ timeout: "1m30s", duration: "200ms", maxRetries: 3 }),
  });
  const { inbound, pubsubs } = loadResources([folder], ["app"]);
  expect(inbound).toMatchObject([
    { timeout: 90_000, retry: { policy: "constant", duration: 200, maxInterval: 60_000, maxRetries: 3 } },
  ]);
  expect(pubsubs).toMatchObject([{ concurrency: 10, processingTimeout: 4_000 }]);
});
