import { randomUUID } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { system } from "../../../functions/index.ts";
import { KEEPER } from "../../../functions/kernel/system.ts";
import { renderInto } from "../../generate/render.ts";
import { askedIn } from "../../generate/subscriptions.ts";
import { faultsOf } from "../../kubernetes/built.ts";
import { surprisesIn } from "../../kubernetes/places.ts";
import { isLetThrough, type Packet } from "../../kubernetes/reach.ts";
import { type Manifest, parseManifests } from "../../kubernetes/read.ts";
import { SECOND } from "../../second/sources.ts";
import { whyMissing } from "../tools/output.ts";
import { applyObjects, kubectl } from "./kubectl.ts";
import { cluster } from "./settings.ts";

const missing = whyMissing("manifests on an API server", [cluster]);

const DEPLOY = join(import.meta.dirname, "../..");
/** Component and the Secret that it wants. */
const BROKERS = [
  ["broker-redis", "redis"],
  ["broker-kafka", "kafka"],
  ["broker-rabbitmq", "rabbitmq"],
  ["broker-aws-snssqs", "aws"],
  ["broker-gcp-pubsub", "gcp"],
] as const;

interface Variant {
  readonly overlay: "development" | "staging" | "production";
  /** What the line of the broker becomes. */
  readonly brokers: readonly string[];
  /** Added at the end. */
  readonly more: readonly string[];
  /** Must be made before. */
  readonly secrets: readonly string[];
}

const OUTSIDE = ["app-token", "edge-secret", "letter-secret", "redis"];
const variants: readonly Variant[] = [
  ...BROKERS.map(
    ([broker, secret]): Variant => ({ overlay: "development", brokers: [broker], more: [], secrets: [secret] }),
  ),
  ...(["staging", "production"] as const).flatMap((overlay) =>
    BROKERS.map(
      ([broker, secret]): Variant => ({ overlay, brokers: [broker], more: [], secrets: [...OUTSIDE, secret] }),
    ),
  ),
  // From each broker to each other, where orders are on their way.
  ...BROKERS.flatMap(([former, ofFormer]) =>
    BROKERS.filter(([broker]) => broker !== former).map(
      ([broker, secret]): Variant => ({
        overlay: "production",
        brokers: [former, "former-broker", broker],
        more: [],
        secrets: [...OUTSIDE, ofFormer, secret],
      }),
    ),
  ),
  {
    overlay: "development",
    brokers: ["broker-redis", "former-broker", "broker-kafka"],
    more: [],
    secrets: ["kafka"],
  },
  {
    overlay: "staging",
    brokers: ["broker-kafka", "former-broker", "broker-rabbitmq"],
    more: [],
    secrets: [...OUTSIDE, "kafka", "rabbitmq"],
  },
  { overlay: "staging", brokers: ["broker-redis"], more: ["redis", "tracing-zipkin"], secrets: OUTSIDE },
  { overlay: "development", brokers: ["broker-redis"], more: ["pod-monitor", "alerts"], secrets: [] },
  { overlay: "production", brokers: ["broker-kafka"], more: ["pod-monitor", "alerts"], secrets: [...OUTSIDE, "kafka"] },
  { overlay: "production", brokers: ["broker-kafka"], more: ["tracing-zipkin"], secrets: [...OUTSIDE, "kafka"] },
  { overlay: "production", brokers: ["broker-kafka"], more: ["tracing-otlp"], secrets: [...OUTSIDE, "kafka"] },
];

describe.skipIf(missing !== undefined)("manifests", () => {
  const root = mkdtempSync(join(tmpdir(), "loosely-manifests-"));
  const namespace = `manifests-${randomUUID().slice(0, 8)}`;
  const restricted = {
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/warn": "restricted",
  };

  beforeAll(async () => {
    for (const part of ["kubernetes", "dapr"]) cpSync(join(DEPLOY, part), join(root, part), { recursive: true });
    await applyObjects([{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: restricted } }]);
  });
  afterAll(async () => {
    rmSync(root, { recursive: true, force: true });
    await kubectl(["delete", "namespace", namespace, "--wait=false"]);
  });

  it.each(variants.map((variant) => [toTitle(variant), variant] as const))(
    "%s fits together and is taken by the API server without a warning",
    async (_, variant) => {
      const manifests = await build(root, variant);
      expect(faultsOf(manifests, variant.secrets)).toEqual([]);
      for (const { metadata, kind } of manifests)
        if (kind !== "Namespace") expect(metadata.namespace).toBe(namespaceOf(variant));
      const policies = manifests.filter(({ kind }) => kind === "NetworkPolicy");
      const components = componentsOf(root, variant.overlay);
      const services = [...system.functions.map(({ name }) => name), KEEPER];
      const built = { policies, namespace: namespaceOf(variant), services, asked: askedIn(system), components };
      expect(surprisesIn(built)).toEqual([]);
      await dryRun(manifests.filter(isKnown).map((each) => inNamespace(each, namespace)));
    },
  );

  it("production runs an image by its digest, and two of each service", async () => {
    const manifests = await build(root, { overlay: "production", brokers: ["broker-kafka"], more: [], secrets: [] });
    const images = manifests.flatMap(({ spec }) => spec?.template?.spec.containers ?? []).map(({ image }) => image);
    expect(images).toHaveLength(system.functions.length + 1);
    for (const image of images) expect(image).toMatch(/^loosely@sha256:[0-9a-f]{64}$/);
    const scalers = manifests.filter(({ kind }) => kind === "HorizontalPodAutoscaler");
    expect(scalers.map(({ spec }) => spec.minReplicas)).toEqual(system.functions.map(() => 2));
  });

  it("production's sidecars keep what they have read at their start, and no check takes their subscriptions away", async () => {
    const manifests = await build(root, { overlay: "production", brokers: ["broker-kafka"], more: [], secrets: [] });
    const configurations = manifests.filter(({ kind }) => kind === "Configuration");
    expect(configurations.map(({ spec }) => spec.features)).toEqual([[{ name: "HotReload", enabled: false }]]);
    const pods = manifests.flatMap(({ spec }) => spec?.template?.metadata.annotations ?? []);
    const names = pods.flatMap((annotations) => Object.keys(annotations));
    expect(pods).toHaveLength(system.functions.length + 1);
    expect(names.filter((name) => name.includes("health"))).toEqual([]);
    const [broker] = manifests.filter(({ kind, metadata }) => kind === "Component" && metadata.name === "pubsub");
    expect(broker?.spec.metadata).toContainEqual({ name: "escapeHeaders", value: "true" });
  });

  it("the patches that the page shows take one autoscaler out, for KEDA, and let names be asked at one more address", async () => {
    const page = readFileSync(join(DEPLOY, "kubernetes/README.md"), "utf8");
    const [, patches = ""] = /^```yaml\n(patches:\n[\s\S]*?)^```$/m.exec(page) ?? [];
    const shipped: Variant = { overlay: "staging", brokers: ["broker-kafka"], more: [], secrets: [] };
    const before = await build(root, shipped);
    const after = await build(root, shipped, patches);
    const idOf = ({ kind, metadata }: Manifest) => `${kind} ${metadata.name}`;
    const gone = before.map(idOf).filter((id) => !after.map(idOf).includes(id));
    expect(gone).toEqual(["HorizontalPodAutoscaler billing"]);
    const [from] = after.filter((each) => each.kind === "Deployment");
    const { labels } = from?.spec.template.metadata ?? {};
    const packet: Packet = {
      from: { namespace: namespaceOf(shipped), labels },
      to: { ip: "10.96.0.10" },
      ...{ port: 53, protocol: "UDP" },
    };
    const policies = (manifests: readonly Manifest[]) => manifests.filter(({ kind }) => kind === "NetworkPolicy");
    expect([isLetThrough(policies(before), packet), isLetThrough(policies(after), packet)]).toEqual([false, true]);
    await dryRun(after.filter(isKnown).map((each) => inNamespace(each, namespace)));
  });

  it.each(["Service", "Subscription"])(
    "a field that no %s has is refused, so that a slip is seen here",
    async (kind) => {
      const manifests = await build(root, { overlay: "staging", brokers: ["broker-kafka"], more: [], secrets: [] });
      const [one] = manifests.filter((each) => each.kind === kind);
      if (!one) throw new Error(`staging: must have a ${kind}`);
      const broken = inNamespace({ ...one, spec: { ...one.spec, slip: {} } }, namespace);
      await expect(dryRun([broken])).rejects.toThrow(/unknown field "(spec\.)?slip"/);
    },
  );
});

describe.skipIf(missing !== undefined)("manifests of another system", () => {
  const root = mkdtempSync(join(tmpdir(), "loosely-manifests-"));
  const namespace = `manifests-${randomUUID().slice(0, 8)}`;
  const { system: second } = SECOND;

  beforeAll(async () => {
    for (const part of ["kubernetes", "dapr", "aws", "gcloud"])
      cpSync(join(DEPLOY, part), join(root, "deploy", part), { recursive: true });
    for (const [path, text] of renderInto(root, second)) {
      mkdirSync(join(root, path, ".."), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    await applyObjects([{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }]);
  });
  afterAll(async () => {
    rmSync(root, { recursive: true, force: true });
    await kubectl(["delete", "namespace", namespace, "--wait=false"]);
  });

  it.each(["development", "staging", "production"])(
    "%s fits together and is taken by the API server",
    async (overlay) => {
      const folder = join(root, "deploy/kubernetes/overlays", overlay);
      const manifests = parseManifests(await kubectl(["kustomize", folder]));
      expect(faultsOf(manifests, overlay === "development" ? [] : [...OUTSIDE, "kafka"], second)).toEqual([]);
      const services = manifests.filter(
        ({ kind, metadata }) => kind === "Service" && metadata.labels?.["app.kubernetes.io/component"] !== "store",
      );
      expect(services.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(["rides", "support"]));
      await dryRun(manifests.filter(isKnown).map((each) => inNamespace(each, namespace)));
    },
  );
});

const namespaceOf = ({ overlay }: Pick<Variant, "overlay">): string => `${system.name}-${overlay}`;

const toTitle = ({ overlay, brokers, more }: Variant): string => `${overlay} with ${[...brokers, ...more].join(", ")}`;

/** Builds an overlay after the edits that the page tells. */
async function build(root: string, { overlay, brokers, more }: Variant, end = ""): Promise<readonly Manifest[]> {
  const file = join(root, "kubernetes/overlays", overlay, "kustomization.yaml");
  const shipped = readFileSync(join(DEPLOY, "kubernetes/overlays", overlay, "kustomization.yaml"), "utf8");
  const toLines = (names: readonly string[]) => names.map((name) => `  - ../../components/${name}\n`).join("");
  const edited = shipped.replace(/ {2}- \.\.\/\.\.\/components\/broker-\w+\n/, toLines([...brokers, ...more]));
  writeFileSync(file, `${edited}${end}`);
  return parseManifests(await kubectl(["kustomize", join(file, "..")]));
}

/** Those that the overlay was last built with. */
const componentsOf = (root: string, overlay: Variant["overlay"]): readonly string[] => {
  const text = readFileSync(join(root, "kubernetes/overlays", overlay, "kustomization.yaml"), "utf8");
  return [...text.matchAll(/^ {2}- \.\.\/\.\.\/components\/([\w-]+)$/gm)].map(([, name = ""]) => name);
};

/** The Prometheus operator's kinds are not on every cluster. */
const isKnown = ({ apiVersion, kind }: Manifest): boolean =>
  kind !== "Namespace" && !apiVersion.startsWith("monitoring.coreos.com/");

const inNamespace = (manifest: Manifest, namespace: string): Manifest => ({
  ...manifest,
  metadata: { ...manifest.metadata, namespace },
});

const dryRun = (manifests: readonly Manifest[]): Promise<string> =>
  kubectl(["apply", "-f", "-", "--dry-run=server", "--validate=strict", "--warnings-as-errors"], {
    input: JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests }),
  });
