import { readdirSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { system } from "../../functions/index.ts";
import { isBuildable, type Kustomization, kustomizations, readManifests } from "./read.ts";

const byFolder = new Map(kustomizations.map((each) => [each.folder, each]));
const overlays = kustomizations.filter(({ folder }) => folder.startsWith("kubernetes/overlays/"));
const components = kustomizations.filter(({ kind }) => kind === "Component");
const DEPLOY = join(import.meta.dirname, "..");

describe.each(kustomizations)("$folder", ({ folder, resources = [], components: parts = [], patches = [] }) => {
  it.each([...resources, ...parts, ...patches.flatMap(({ path }) => path ?? [])])(
    "finds %s where kustomize may read it: a file below, or a folder with a kustomization of its own",
    (path) => {
      const target = normalize(join(folder, path));
      const what = isBuildable(target);
      expect(what).toBeDefined();
      if (what === "file") expect(target.startsWith(`${folder}/`)).toBe(true);
    },
  );

  it.each(parts)("adds %s, which is a component", (path) => {
    expect(byFolder.get(normalize(join(folder, path)))).toHaveProperty("kind", "Component");
  });
});

const isSourceOfDaprd = (file: string): boolean => file.endsWith(".yaml") && !file.endsWith("dapr.yaml");

it("each file of deploy/dapr that Kubernetes can use is taken from there, none is copied", () => {
  const taken = kustomizations
    .filter(({ folder }) => folder.startsWith("dapr"))
    .flatMap(({ folder, resources = [] }) => resources.map((resource) => normalize(join(folder, resource))));
  const files = readdirSync(join(DEPLOY, "dapr"), { recursive: true, encoding: "utf8" }).filter(isSourceOfDaprd);
  expect(taken.toSorted()).toEqual(files.map((file) => `dapr/${file}`).toSorted());
  const copies = components.flatMap(({ folder, resources = [] }) =>
    resources
      .filter((file) => file.endsWith(".yaml"))
      .flatMap((file) => readManifests(normalize(join(folder, file)).replace("kubernetes/", "")))
      .filter(({ apiVersion }) => apiVersion.startsWith("dapr.io/")),
  );
  expect(copies).toEqual([]);
});

it("no kustomization has a name that daprd and the local sidecar would read as one of their resources", () => {
  const files = readdirSync(join(DEPLOY, "dapr"), { recursive: true, encoding: "utf8" });
  expect(files.filter((file) => /kustomization\.ya?ml$/.test(file))).toEqual([]);
});

it("no function has the name of something that stands beside it, which kustomize would refuse to build", () => {
  const idsIn = (are: boolean) =>
    kustomizations
      .filter(({ folder }) => (folder === "kubernetes/base/functions") === are)
      .flatMap(({ folder, resources = [] }) => resources.map((path) => normalize(join(folder, path))))
      .filter((path) => isBuildable(path) === "file")
      .flatMap((path) => readManifests(join("..", path)))
      .map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`);
  const others = new Set(idsIn(false));
  expect(others.size).toBeGreaterThan(0);
  expect(idsIn(true).filter((id) => others.has(id))).toEqual([]);
});

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value: unknown;
}

const connections = components.flatMap((each) => {
  const source = each.resources?.find((path) => path.includes("/dapr/"));
  return source === undefined ? [] : [{ ...each, source }];
});

describe.each(connections)("$folder", ({ folder, source, patches = [] }) => {
  const origin = byFolder.get(normalize(join(folder, source))) as Kustomization;
  const [file = ""] = origin.resources ?? [];
  const { spec } = parse(readFileSync(join(DEPLOY, origin.folder, file), "utf8"));
  const operations: readonly Operation[] = patches.flatMap(({ patch = "" }) => parse(patch));
  const replaced = operations.filter(({ op }) => op === "replace");

  it("takes from a Secret what differs from place to place, and checks what it replaces", () => {
    expect(replaced.length).toBeGreaterThan(0);
    for (const { path, value } of replaced) {
      const test = operations.find(({ op, path: tested }) => op === "test" && tested === `${path}/name`);
      const { name } = value as { readonly name: string };
      expect(test?.value).toBe(name);
      expect(spec.metadata[Number(path.split("/").at(-1))].name).toBe(name);
    }
  });

  it("names one Secret, with a key for each", () => {
    const refs = operations
      .filter(({ op }) => op !== "test")
      .map(({ value }) => (value as { readonly secretKeyRef: { readonly name: string } }).secretKeyRef.name);
    expect(new Set(refs).size).toBe(1);
  });
});

const configurationOf = ({ patches = [] }: Kustomization): readonly Operation[] =>
  patches
    .filter(({ target }) => (target as { readonly kind?: string } | undefined)?.kind === "Configuration")
    .flatMap(({ patch = "" }) => parse(patch));

describe.each(components.filter(({ folder }) => folder.includes("/tracing-")))(
  "$folder",
  ({ folder, ...component }) => {
    it("lets the services' pods out to the port that it sends their spans to", () => {
      const [added, ...others] = configurationOf({ folder, ...component });
      expect([added?.op, others]).toEqual(["add", []]);
      const { endpointAddress = "" } = (added?.value ?? {}) as { readonly endpointAddress?: string };
      const port = Number(/:(\d+)(\/|$)/.exec(endpointAddress)?.[1]);
      const policies = (component.resources ?? [])
        .flatMap((file) => readManifests(`${folder.replace("kubernetes/", "")}/${file}`))
        .filter(({ kind, spec }) => kind === "NetworkPolicy" && spec.egress !== undefined);
      expect(policies.map(({ spec }) => spec.podSelector)).toEqual([
        { matchLabels: { "app.kubernetes.io/component": "service" } },
      ]);
      const ports: readonly { port: number; endPort?: number }[] = policies[0]?.spec.egress[0].ports;
      expect(ports.some(({ port: first, endPort = first }) => first <= port && port <= endPort)).toBe(true);
    });
  },
);

it("no patch takes from the Configuration what turns hot reload off", () => {
  const operations = kustomizations.flatMap(configurationOf);
  expect(operations.length).toBeGreaterThan(0);
  expect(operations.filter(({ path }) => /^\/spec(\/features.*)?$/.test(path))).toEqual([]);
});

describe.each(overlays)("$folder", ({ folder, components: parts = [], sortOptions, secretGenerator = [] }) => {
  const name = folder.split("/").at(-1) ?? "";

  it("has one broker and one state store", () => {
    expect(parts.filter((path) => path.includes("/broker-"))).toHaveLength(1);
    expect(parts.filter((path) => path.includes("/state-"))).toHaveLength(1);
  });

  it("applies Deployments last, since a sidecar reads components and subscriptions only when it starts", () => {
    expect(sortOptions).toEqual({
      order: "legacy",
      legacySortOptions: {
        orderFirst: ["Namespace", "ServiceAccount"],
        orderLast: ["StatefulSet", "Deployment", "HorizontalPodAutoscaler"],
      },
    });
  });

  it("has a namespace that enforces the restricted standard", () => {
    const [namespace] = readManifests(`overlays/${name}/namespace.yaml`);
    expect(namespace?.metadata).toEqual({
      name: `${system.name}-${name}`,
      labels: {
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
        "pod-security.kubernetes.io/audit": "restricted",
      },
    });
  });

  it("has Secrets for development alone: what is in a repository is no secret", () => {
    expect(secretGenerator.map((secret) => secret.name)).toEqual(
      name === "development" ? ["app-token", "edge-secret", "letter-secret", "redis"] : [],
    );
  });
});

it("the page lists each component and each overlay, and none that is not there", () => {
  const page = readFileSync(join(DEPLOY, "kubernetes/README.md"), "utf8");
  const listed = [...page.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name]) => name);
  const there = [...overlays, ...components].map(({ folder }) => folder.split("/").at(-1));
  expect(listed.toSorted()).toEqual(there.toSorted());
});
