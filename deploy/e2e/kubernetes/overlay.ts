import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { KEEPER } from "../../../functions/kernel/system.ts";
import { CLUSTER_BLOCK_SHUTDOWN, CLUSTER_TIMES, writeOverlay } from "../dapr/overlay.ts";
import { SERVICES } from "../dapr/shop.ts";
import { EFFECTS_CLAIM, EFFECTS_FILE } from "./customer.ts";
import { kubectl } from "./kubectl.ts";
import { settings } from "./settings.ts";

const DEPLOY = join(import.meta.dirname, "../..");
const EFFECTS_MOUNT = "/var/effects";
/** What the services are told beyond what ships. */
const TOLD = {
  DISPATCH_TIMEOUT_MS: CLUSTER_TIMES.dispatchMs,
  GIVE_UP_AFTER_MS: CLUSTER_TIMES.giveUpAfterMs,
  EFFECTS_LOG: `${EFFECTS_MOUNT}/${EFFECTS_FILE}`,
  // Most of what `npm run load` asks for is made up.
  EDGE_DEMO: "on",
};

export interface OverlayOptions {
  /** Of those that ship. */
  readonly name: "development" | "staging" | "production";
  /** Further entries of a kustomization, for Secrets and times. */
  readonly more?: Readonly<Record<string, unknown>>;
  /** Further patches. */
  readonly patches?: readonly object[];
  /** How pods end. Left out: in the proportions of the other times. */
  readonly ending?: "as it ships";
}

/** An overlay over one that ships. */
export interface TestOverlay {
  readonly namespace: string;
  /** The namespace itself, with what it enforces. */
  readonly namespaceFile: string;
  apply(): Promise<string>;
  /** Deletes all that was applied, its namespace among it, and waits for that. */
  remove(): Promise<string>;
  /** Edits the overlay that ships, in a copy of it. throws: where these lines are not there, or more than once */
  swapLines(lines: readonly string[], by: readonly string[]): void;
  forget(): void;
}

/** Makes one that replaces images and times, and lets the services write down their effects where a test can read them. */
export async function createOverlay({ name, more = {}, patches = [], ending }: OverlayOptions): Promise<TestOverlay> {
  const root = mkdtempSync(join(tmpdir(), "loosely-kubernetes-"));
  for (const part of ["kubernetes", "dapr"]) cpSync(join(DEPLOY, part), join(root, part), { recursive: true });
  for (const part of ["resources", ...readdirSync(join(DEPLOY, "dapr/brokers")).map((broker) => `brokers/${broker}`)])
    writeOverlay({
      folders: [join(DEPLOY, "dapr", part)],
      into: join(root, "dapr", part),
      metadata: {},
      times: CLUSTER_TIMES,
    });
  const folder = join(root, "e2e");
  const shipped = join(root, "kubernetes/overlays", name, "kustomization.yaml");
  const { namespace, sortOptions } = parse(readFileSync(shipped, "utf8")) as Shipped;
  mkdirSync(folder);
  writeFileSync(join(folder, "effects.yaml"), stringify(CLAIM));
  writeFileSync(
    join(folder, "kustomization.yaml"),
    stringify({
      apiVersion: "kustomize.config.k8s.io/v1beta1",
      kind: "Kustomization",
      resources: [`../kubernetes/overlays/${name}`, "effects.yaml"],
      namespace,
      // Counts in the outermost kustomization alone.
      sortOptions,
      images: Object.entries(settings.images).map(([image, by]) => toImage(image, by)),
      configMapGenerator: [...SERVICES, KEEPER].map((service) => ({
        name: service,
        behavior: "merge",
        literals: Object.entries(TOLD).map(([variable, value]) => `${variable}=${value}`),
      })),
      patches: [
        { target: { kind: "Deployment", labelSelector: SERVICE }, patch: stringify(WRITES_EFFECTS) },
        ...(ending === undefined
          ? [{ target: { kind: "Deployment", labelSelector: SERVICE }, patch: stringify(ENDS_SOONER) }]
          : []),
        ...patches,
      ],
      ...more,
    }),
  );
  return {
    namespace,
    namespaceFile: join(root, "kubernetes/overlays", name, "namespace.yaml"),
    apply: () => kubectl(["apply", "-k", folder]),
    remove: () => kubectl(["delete", "-k", folder, "--timeout=300s"]),
    swapLines(lines, by) {
      const text = readFileSync(shipped, "utf8");
      const [indent = ""] = new RegExp(`^ +(?=${lines[0]}$)`, "m").exec(text) ?? [];
      const toText = (each: readonly string[]) => each.map((line) => `${indent}${line}\n`).join("");
      if (text.split(toText(lines)).length !== 2) throw new Error(`${name}: must have once\n${toText(lines)}`);
      writeFileSync(shipped, text.replace(toText(lines), toText(by)));
    },
    forget: () => rmSync(root, { recursive: true, force: true }),
  };
}

interface Shipped {
  readonly namespace: string;
  readonly sortOptions: object;
}

function toImage(name: string, by: string): object {
  const [, newName = by, tag, digest] = /^([^@]+?)(?::([^:/@]+))?(?:@(.+))?$/.exec(by) ?? [];
  return { name, newName, ...(digest ? { digest } : { newTag: tag ?? "latest" }) };
}

const SERVICE = "app.kubernetes.io/component=service";

const CLAIM = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: EFFECTS_CLAIM },
  spec: { accessModes: ["ReadWriteMany"], storageClassName: "", resources: { requests: { storage: "1Gi" } } },
};

const ENDS_SOONER = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "every" },
  spec: { template: { metadata: { annotations: { "dapr.io/block-shutdown-duration": CLUSTER_BLOCK_SHUTDOWN } } } },
};

const WRITES_EFFECTS = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "every" },
  spec: {
    template: {
      spec: {
        containers: [{ name: "app", volumeMounts: [{ name: EFFECTS_CLAIM, mountPath: EFFECTS_MOUNT }] }],
        volumes: [{ name: EFFECTS_CLAIM, persistentVolumeClaim: { claimName: EFFECTS_CLAIM } }],
      },
    },
  },
};
