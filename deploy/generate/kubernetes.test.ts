import { describe, expect, it } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import type { Manifest } from "../kubernetes/read.ts";
import { renderKubernetes } from "./kubernetes.ts";
import { testSystem } from "./test-system.ts";

const FOLDER = "deploy/kubernetes/base/functions";
/** As kubectl reads it. */
const VERSION = { version: "1.1" } as const;

/** What is rendered of a function. */
function objectsOf(name: string, system = testSystem()): readonly Manifest[] {
  const text = renderKubernetes(system).get(`${FOLDER}/${name}.yaml`) ?? "";
  return parseAllDocuments(text, VERSION).map((each) => each.toJS() as Manifest);
}

const EVERY = ["ServiceAccount", "Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget"];
const ASKED = [...EVERY, "Service", "NetworkPolicy"];

it("has a file for each function, and lists them with settings of their own", () => {
  const files = renderKubernetes(testSystem());
  const names = ["desk", "on", "late-fees", "keeper"];
  expect([...files.keys()].toSorted()).toEqual(
    ["kustomization", ...names].map((name) => `${FOLDER}/${name}.yaml`).toSorted(),
  );
  expect(parse(files.get(`${FOLDER}/kustomization.yaml`) ?? "", VERSION)).toMatchObject({
    resources: names.map((name) => `${name}.yaml`),
    configMapGenerator: names.map((name) => ({ name, envs: ["settings.env"] })),
  });
});

it.each([
  { name: "desk", kinds: ASKED, edge: "true" },
  { name: "on", kinds: ASKED, edge: "true" },
  { name: "late-fees", kinds: EVERY, edge: undefined },
])(
  "$name has a Service and a policy only where an edge asks it, and one of each however many edges",
  ({ name, kinds, edge }) => {
    const objects = objectsOf(name);
    expect(objects.map(({ kind }) => kind)).toEqual(kinds);
    expect(new Set(objects.map(({ metadata }) => metadata.name))).toEqual(new Set([name]));
    const [deployment] = objects.filter(({ kind }) => kind === "Deployment");
    expect(deployment?.metadata.labels?.edge).toBe(edge);
  },
);

it("a system without an edge has no Service, and opens no port", () => {
  const objects = ["desk", "on", "late-fees"].flatMap((name) => objectsOf(name, testSystem({ edges: "none" })));
  expect(objects.map(({ kind }) => kind)).toEqual([...EVERY, ...EVERY, ...EVERY]);
  expect(objects.filter(({ metadata }) => metadata.labels?.edge !== undefined)).toEqual([]);
});

it("the Service and the policy of an edge lead to its port alone: event routes are reached inside the pod", () => {
  const [, , , , service, policy] = objectsOf("on");
  expect(service?.spec).toEqual({
    selector: { "app.kubernetes.io/name": "on" },
    ports: [{ name: "http", port: 80, targetPort: "edge" }],
  });
  expect(policy?.spec).toEqual({
    podSelector: { matchLabels: { "app.kubernetes.io/name": "on" } },
    policyTypes: ["Ingress"],
    ingress: [{ ports: [{ port: "edge" }] }],
  });
});

it("what keeps dead letters is one pod without an autoscaler, since letters wait, and nobody reaches its port from outside", () => {
  const objects = objectsOf("keeper");
  expect(objects.map(({ kind, metadata }) => [kind, metadata.name])).toEqual([
    ["ServiceAccount", "keeper"],
    ["Deployment", "keeper"],
  ]);
  const [, deployment] = objects;
  expect(deployment?.spec.replicas).toBe(1);
  const ofFunction = objectsOf("late-fees").find(({ kind }) => kind === "Deployment");
  const { replicas: _, ...spec } = deployment?.spec ?? {};
  expect(spec).toEqual(JSON.parse(JSON.stringify(ofFunction?.spec).replaceAll("late-fees", "keeper")));
});

describe.each(["desk", "on", "late-fees"])("%s", (name) => {
  const objects = objectsOf(name);
  const find = (kind: string) => objects.find((each) => each.kind === kind);
  const deployment = find("Deployment");
  const pod = deployment?.spec.template;
  const own = { matchLabels: { "app.kubernetes.io/name": name } };

  it("runs its own bundle as the app id of its subscriptions, with its own settings", () => {
    expect(pod.metadata.annotations).toEqual({ "dapr.io/app-id": name });
    expect(pod.spec.serviceAccountName).toBe(name);
    expect(pod.spec.containers).toEqual([
      { name: "app", args: [`/app/${name}.mjs`], envFrom: [{ configMapRef: { name } }] },
    ]);
  });

  it("is what its selectors select, alone", () => {
    const labels = { "app.kubernetes.io/name": name, "app.kubernetes.io/component": "service" };
    expect(deployment?.spec.selector.matchLabels).toEqual(labels);
    expect(pod.metadata.labels).toEqual(labels);
    expect(find("PodDisruptionBudget")?.spec.selector).toEqual(own);
    expect(find("HorizontalPodAutoscaler")?.spec.scaleTargetRef.name).toBe(name);
    for (const spread of pod.spec.topologySpreadConstraints) expect(spread.labelSelector).toEqual(own);
  });

  it("leaves the number of its pods to the autoscaler, which every apply would fight with otherwise", () => {
    expect(deployment?.spec).not.toHaveProperty("replicas");
  });
});
