import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { createFunctions } from "../../adapters/core/host/system-parts.ts";
import { createDaprApp } from "../../adapters/dapr/app.ts";
import { parseConfig, settings } from "../../adapters/dapr/config.ts";
import { createTestPorts } from "../../adapters/dapr/test-ports.ts";
import { createEffects } from "../../adapters/effects/index.ts";
import { system } from "../../functions/index.ts";
import { FOLDER, kustomizations, type Manifest, readEnv, readManifests } from "./read.ts";

const functions = createFunctions(system, createEffects({}));
const names = functions.map(({ name }) => name);
const base = kustomizations.find(({ folder }) => folder === "kubernetes/base");
const env = readEnv("base/settings.env");
const [{ spec: every }] = readManifests("base/service.yaml") as [Manifest];
const { annotations } = every.template.metadata;
const [app] = every.template.spec.containers;
const find = (manifests: readonly Manifest[], kind: string) => manifests.find((each) => each.kind === kind);

it("each function has its service, and nothing else has one", () => {
  const files = base?.resources?.filter((file) => names.includes(file.replace(".yaml", "")));
  expect(files).toEqual(names.map((name) => `${name}.yaml`));
  expect(base?.configMapGenerator).toEqual(names.map((name) => ({ name, envs: ["settings.env"] })));
});

describe.each(names)("%s", (name) => {
  const manifests = readManifests(`base/${name}.yaml`);
  const deployment = find(manifests, "Deployment");
  const pod = deployment?.spec.template;
  const labels = { "app.kubernetes.io/name": name, "app.kubernetes.io/component": "service" };

  it("has an account, a Deployment, an autoscaler and a disruption budget of its own name", () => {
    const kinds = ["ServiceAccount", "Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget"];
    const more = name === "order" ? ["Service", "NetworkPolicy"] : [];
    expect(manifests.map(({ kind }) => kind)).toEqual([...kinds, ...more]);
    expect(new Set(manifests.map(({ metadata }) => metadata.name))).toEqual(new Set([name]));
  });

  it("runs its own bundle as the app id of its subscriptions, with its own settings", () => {
    expect(pod.metadata.annotations["dapr.io/app-id"]).toBe(name);
    expect(pod.spec.serviceAccountName).toBe(name);
    expect(pod.spec.containers).toEqual([
      { name: "app", args: [`/app/${name}.mjs`], envFrom: [{ configMapRef: { name } }] },
    ]);
  });

  it("is what its selectors select, alone", () => {
    expect(deployment?.spec.selector.matchLabels).toEqual(labels);
    expect(pod.metadata.labels).toEqual(labels);
    const own = { matchLabels: { "app.kubernetes.io/name": name } };
    expect(find(manifests, "PodDisruptionBudget")?.spec.selector).toEqual(own);
    expect(find(manifests, "HorizontalPodAutoscaler")?.spec.scaleTargetRef.name).toBe(name);
    for (const spread of pod.spec.topologySpreadConstraints) expect(spread.labelSelector).toEqual(own);
  });

  it("leaves the number of its pods to the autoscaler, which every apply would fight with otherwise", () => {
    expect(deployment?.spec).not.toHaveProperty("replicas");
    expect(every).not.toHaveProperty("replicas");
  });
});

it("what the app is told is what it reads, and is enough to start with the token of the Secret", () => {
  const known = settings.map(({ variable }) => variable);
  expect(Object.keys(env).filter((key) => !known.includes(key))).toEqual([]);
  const config = parseConfig({ ...env, KUBERNETES_SERVICE_HOST: "10.0.0.1", APP_API_TOKEN: "token" });
  expect(config).toMatchObject({ appHost: "::", pubsubName: "pubsub", stateStore: "statestore" });
});

it("the app has one token and the sidecar shows the same, out of one Secret", () => {
  const secret = annotations["dapr.io/app-token-secret"];
  // Dapr knows no other key than `token`.
  expect(app.env).toEqual([{ name: "APP_API_TOKEN", valueFrom: { secretKeyRef: { name: secret, key: "token" } } }]);
});

it("one port is told to the app, the sidecar and Kubernetes; the same for metrics and Prometheus", () => {
  const ports = Object.fromEntries(
    app.ports.map((port: { name: string; containerPort: number }) => [port.name, String(port.containerPort)]),
  );
  expect(ports).toEqual({ http: env.APP_PORT, metrics: env.METRICS_PORT });
  expect(annotations["dapr.io/app-port"]).toBe(env.APP_PORT);
  expect(annotations["prometheus.io/port"]).toBe(env.METRICS_PORT);
  const metrics = readManifests("base/network-policies.yaml").find(({ metadata }) => metadata.name === "metrics");
  expect(metrics?.spec.ingress[0].ports[0].port).toBe(Number(env.METRICS_PORT));
});

it.each([
  ["startup", app.startupProbe.httpGet.path],
  ["readiness", app.readinessProbe.httpGet.path],
  ["liveness", app.livenessProbe.httpGet.path],
])("what %s asks for is served to whoever has no token", async (_, url) => {
  const [fn] = functions;
  if (!fn) throw new Error("functions: must not be empty");
  const service = createDaprApp(fn, { ports: createTestPorts().ports, token: "token" });
  expect((await service.inject(url)).statusCode).toBe(200);
  await service.close();
});

it("a sidecar treats its app as under the Dapr CLI: one delivery at a time, and no check that could cost it its subscriptions", () => {
  const { common } = parse(readFileSync(join(FOLDER, "../dapr/dapr.yaml"), "utf8"));
  const about = (names: readonly string[]) => names.filter((name) => /app-?max|app-?health/i.test(name));
  expect(annotations["dapr.io/app-max-concurrency"]).toBe(String(common.appMaxConcurrency));
  expect(about(Object.keys(annotations))).toEqual(["dapr.io/app-max-concurrency"]);
  expect(about(Object.keys(common))).toEqual(["appMaxConcurrency"]);
});

/** Seconds that daprd 1.18 waits for what it has in hand before all else: drainMaxDuration in pkg/runtime/subscription. */
const DRAIN = 30;

it("a pod ends in order: first no more events, then the app, then the sidecar as soon as nobody needs it, then the axe", () => {
  const source = readFileSync(join(FOLDER, "../../adapters/dapr/service.ts"), "utf8");
  const grace = Number(/GRACE_MS = ([\d_]+)/.exec(source)?.[1]?.replaceAll("_", "")) / 1_000;
  const dispatch = Number(settings.find(({ variable }) => variable === "DISPATCH_TIMEOUT_MS")?.default) / 1_000;
  const preStop = app.lifecycle.preStop.sleep.seconds;
  const block = Number.parseInt(annotations["dapr.io/block-shutdown-duration"], 10);
  const graceful = Number(annotations["dapr.io/graceful-shutdown-seconds"]);
  expect(preStop).toBeGreaterThan(0);
  expect(grace).toBeGreaterThan(dispatch);
  // What is dispatched at the last moment still finds ledger and broker; the sidecar always waits that long.
  expect(block).toBeGreaterThan(preStop + dispatch);
  expect(block).toBeLessThanOrEqual(preStop + dispatch + 1);
  expect(every.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(
    Math.max(preStop + grace, DRAIN + block + graceful),
  );
});

it("the only Service is order's, and nobody may reach another port but Prometheus", () => {
  const all = ["network-policies", ...names].flatMap((file) => readManifests(`base/${file}.yaml`));
  const services = all.filter(({ kind }) => kind === "Service");
  expect(services.map(({ metadata, spec }) => [metadata.name, spec.ports[0].targetPort])).toEqual([["order", "http"]]);
  const policies = all.filter(({ kind }) => kind === "NetworkPolicy");
  const open = policies.filter(({ spec }) => spec.ingress?.some((rule: { from?: unknown }) => !rule.from));
  expect(open.map(({ spec }) => [spec.podSelector, spec.ingress])).toEqual([
    [{ matchLabels: { "app.kubernetes.io/name": "order" } }, [{ ports: [{ port: "http" }] }]],
  ]);
  expect(policies[0]?.spec).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
});

it("the autoscaler looks at the app's container, since an injected sidecar has no request that would count", () => {
  const [{ spec }] = readManifests("base/autoscaling.yaml") as [Manifest];
  expect(spec.metrics.map(({ type }: { type: string }) => type)).toEqual(["ContainerResource"]);
  expect(spec.metrics[0].containerResource.container).toBe(app.name);
  expect(app.resources.requests).toHaveProperty("cpu");
});
