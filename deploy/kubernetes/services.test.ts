import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { createDaprApp } from "../../adapters/dapr/app.ts";
import { parseConfig, settings } from "../../adapters/dapr/config.ts";
import { createTestPorts } from "../../adapters/dapr/test-ports.ts";
import { system } from "../../functions/index.ts";
import { FOLDER, kustomizations, type Manifest, readEnv, readManifests } from "./read.ts";

const base = kustomizations.find(({ folder }) => folder === "kubernetes/base");
const env = readEnv("base/functions/settings.env");
const [{ spec: every }] = readManifests("base/service.yaml") as [Manifest];
const [{ spec: ofEdge }] = readManifests("base/edge.yaml") as [Manifest];
const { annotations } = every.template.metadata;
const [app] = every.template.spec.containers;
const [edge] = ofEdge.template.spec.containers;

it("what the app is told is what it reads, and is enough to start with the token of the Secret", () => {
  const known = settings.map(({ variable }) => variable);
  expect(Object.keys(env).filter((key) => !known.includes(key))).toEqual([]);
  const config = parseConfig({ ...env, KUBERNETES_SERVICE_HOST: "10.0.0.1", APP_API_TOKEN: "token" });
  expect(config).toMatchObject({ appHost: "::", pubsubName: "pubsub", stateStore: "statestore" });
});

it("the app has one token and the sidecar shows the same, out of one Secret", () => {
  const secret = annotations["dapr.io/app-token-secret"];
  // Dapr knows no other key than `token`.
  expect(app.env[0]).toEqual({ name: "APP_API_TOKEN", valueFrom: { secretKeyRef: { name: secret, key: "token" } } });
});

it("every app seals its dead letters with the same Secret, and starts without", () => {
  const [, ...others] = app.env;
  const secretKeyRef = { name: "letter-secret", key: "secret", optional: true };
  expect(others).toEqual([{ name: "LETTER_SECRET", valueFrom: { secretKeyRef } }]);
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
  const [fn] = system.functions;
  if (!fn) throw new Error("functions: must not be empty");
  const service = createDaprApp(fn.definition, { ports: createTestPorts().ports, token: "token" });
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

it("nobody may reach another port than those of edges, but Prometheus", () => {
  const policies = readManifests("base/network-policies.yaml");
  expect(policies.filter(({ spec }) => spec.ingress?.some((rule: { from?: unknown }) => !rule.from))).toEqual([]);
  expect(policies[0]?.spec).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
});

it("an edge has a port of its own, told to the app and to Kubernetes, and its secret out of a Secret", () => {
  const [port, secret] = edge.env;
  expect(edge.name).toBe(app.name);
  expect(edge.ports).toEqual([{ name: "edge", containerPort: Number(port.value) }]);
  expect(port.name).toBe("EDGE_PORT");
  expect(app.ports.map(({ containerPort }: { containerPort: number }) => containerPort)).not.toContain(
    Number(port.value),
  );
  expect(secret).toEqual({
    name: "EDGE_SECRET",
    valueFrom: { secretKeyRef: { name: "edge-secret", key: "secret" } },
  });
});

it("what a function with an edge has is patched onto those that are asked, and onto no other", () => {
  const targets = (path: string) => base?.patches?.filter((each) => each.path === path).map(({ target }) => target);
  expect(targets("edge.yaml")).toEqual([{ kind: "Deployment", labelSelector: "edge=true" }]);
  expect(targets("service.yaml")).toEqual([{ kind: "Deployment" }]);
});

it("what an empty body asks for is made up in development alone", () => {
  const demos = kustomizations.filter(({ patches = [] }) =>
    patches.some(({ patch = "" }) => patch.includes("EDGE_DEMO")),
  );
  expect(demos.map(({ folder }) => folder)).toEqual(["kubernetes/overlays/development"]);
});

it("leaves the number of its pods to the autoscaler, which every apply would fight with otherwise", () => {
  expect(every).not.toHaveProperty("replicas");
});

it("the autoscaler looks at the app's container, since an injected sidecar has no request that would count", () => {
  const [{ spec }] = readManifests("base/autoscaling.yaml") as [Manifest];
  expect(spec.metrics.map(({ type }: { type: string }) => type)).toEqual(["ContainerResource"]);
  expect(spec.metrics[0].containerResource.container).toBe(app.name);
  expect(app.resources.requests).toHaveProperty("cpu");
});
