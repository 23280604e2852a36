import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Document, parse, parseAllDocuments } from "yaml";

export const RESOURCES = join(import.meta.dirname, "../../dapr/resources");
export const CONFIG = join(import.meta.dirname, "../../dapr/config.yaml");
const OTLP = join(import.meta.dirname, "../../kubernetes/components/tracing-otlp/kustomization.yaml");

interface Times {
  readonly dispatchMs: number;
  readonly giveUpAfterMs: number;
  readonly resiliency: {
    readonly timeout: string;
    readonly retry: { readonly policy: string; readonly duration: string; readonly maxRetries: number };
  };
  /** By setting of a component. */
  readonly pubsub: Readonly<Record<"processingTimeout" | "redeliverInterval" | "backOffDuration", string>>;
}

/** The times of a test, in the proportions of what ships: settings.test.ts holds all against the same rules. */
export const TEST_TIMES: Times = {
  dispatchMs: 1_200,
  giveUpAfterMs: 9_000,
  resiliency: { timeout: "2500ms", retry: { policy: "constant", duration: "250ms", maxRetries: -1 } },
  pubsub: { processingTimeout: "15s", redeliverInterval: "1000", backOffDuration: "500ms" },
};

/** How a sidecar ends in a test, in these proportions. By flag. */
export const TEST_SHUTDOWN = { "dapr-block-shutdown-duration": "2s", "dapr-graceful-shutdown-seconds": "5" };

/** On a cluster, where everything starts at once on the same machine. */
export const CLUSTER_TIMES: Times = {
  dispatchMs: 4_000,
  giveUpAfterMs: 27_000,
  resiliency: { timeout: "6s", retry: { policy: "constant", duration: "500ms", maxRetries: -1 } },
  pubsub: { processingTimeout: "42s", redeliverInterval: "1000", backOffDuration: "500ms" },
};

/** How long a sidecar then waits for the end of its app: 5 s until no more comes, a dispatch, and one second. */
export const CLUSTER_BLOCK_SHUTDOWN = "10s";

interface OverlayOptions {
  /** Folders of what ships. */
  readonly folders: readonly string[];
  readonly into: string;
  /** By component name: what its metadata says otherwise, where it says so at all. */
  readonly metadata: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly times?: Times | "as they ship";
  /** An app that is not of the shop: gets the components, and none of the subscriptions. */
  readonly stranger?: string;
  /** One event a delivery, parsed by the sidecar, with the settings of a broker that belong to it. */
  readonly single?: boolean;
}

/** Of a component, where deliveries are single: each that is in hand waits for all before it. */
const SINGLE = { concurrency: "10", prefetchCount: "10", maxOutstandingMessages: "10" };

/** Writes what ships with the addresses and the times of a test. */
export function writeOverlay(options: OverlayOptions): void {
  const { folders, into, stranger } = options;
  mkdirSync(into, { recursive: true });
  for (const folder of folders)
    for (const file of readdirSync(folder).filter((name) => name.endsWith(".yaml"))) {
      const documents = parseAllDocuments(readFileSync(join(folder, file), "utf8"));
      for (const document of documents) adapt(document, options);
      if (stranger !== undefined && documents[0]?.get("kind") === "Subscription") continue;
      if (stranger !== undefined) for (const document of documents) document.setIn(["scopes"], [stranger]);
      writeFileSync(join(into, file), documents.map(String).join("---\n"));
    }
}

function adapt(document: Document, { metadata, times = TEST_TIMES, single = false }: OverlayOptions): void {
  const {
    kind,
    metadata: about,
    spec,
  } = document.toJS() as {
    readonly kind: string;
    readonly metadata: { readonly name: string };
    readonly spec: {
      readonly metadata: readonly { readonly name: string }[];
      readonly policies: Readonly<Record<"timeouts" | "retries", object>>;
    };
  };
  if (kind === "Component") {
    const shortened = times === "as they ship" ? {} : times.pubsub;
    const values: Readonly<Record<string, string>> = { ...(single && SINGLE), ...shortened, ...metadata[about.name] };
    for (const [index, { name }] of spec.metadata.entries())
      if (name in values) document.setIn(["spec", "metadata", index, "value"], values[name]);
  }
  if (kind === "Subscription" && single && document.hasIn(["spec", "bulkSubscribe"]))
    for (const name of ["bulkSubscribe", "metadata"]) document.deleteIn(["spec", name]);
  if (kind === "Resiliency" && times !== "as they ship") {
    const { timeout, retry } = times.resiliency;
    for (const name of Object.keys(spec.policies.timeouts))
      document.setIn(["spec", "policies", "timeouts", name], timeout);
    for (const name of Object.keys(spec.policies.retries)) document.setIn(["spec", "policies", "retries", name], retry);
  }
}

interface Collector {
  readonly kind: "zipkin" | "otlp";
  readonly port: number;
}

/** The tracing configuration with the address of a collector; for OTLP, as the component of Kubernetes makes it. */
export function writeConfig({ into, kind, port }: Collector & { readonly into: string }): string {
  const file = join(into, "config.yaml");
  const [document] = parseAllDocuments(readFileSync(CONFIG, "utf8"));
  const path = ["spec", "tracing", "zipkin", "endpointAddress"];
  if (kind === "zipkin") {
    const address = String(document?.getIn(path)).replace("localhost:9411", `127.0.0.1:${port}`);
    document?.setIn(path, address);
  } else {
    const { patches } = parse(readFileSync(OTLP, "utf8")) as {
      readonly patches: readonly { readonly patch: string }[];
    };
    const [{ value }] = parse(patches[0]?.patch ?? "");
    document?.deleteIn(path.slice(0, -1));
    document?.setIn(["spec", "tracing", "otel"], { ...value, endpointAddress: `127.0.0.1:${port}` });
  }
  writeFileSync(file, String(document));
  return file;
}
