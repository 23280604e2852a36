import { spawnSync } from "node:child_process";
import { lastLine } from "./kustomize.ts";
import { InputError, parseResources, type Resource } from "./resource.ts";

/** No Secrets: rules ask for none, and what is not read cannot be shown. */
const KINDS = [
  ...["components.dapr.io", "subscriptions.dapr.io", "resiliencies.dapr.io", "configurations.dapr.io"],
  ...["deployments.apps", "statefulsets.apps", "daemonsets.apps", "services", "configmaps"],
  ...["jobs.batch", "cronjobs.batch", "rollouts.argoproj.io", "services.serving.knative.dev"],
  ...["horizontalpodautoscalers.autoscaling", "scaledobjects.keda.sh", "networkpolicies.networking.k8s.io"],
];

/** The objects of a live namespace. throws: InputError with kubectl's words, and for a namespace that is empty */
export function readNamespace(namespace: string): readonly Resource[] {
  const known = new Set(kubectl(["api-resources", "--namespaced", "--output=name"]).split("\n"));
  const kinds = KINDS.filter((kind) => known.has(kind));
  const text = kubectl(["get", kinds.join(","), `--namespace=${namespace}`, "--output=yaml"]);
  const resources = parseResources({ file: namespace, text });
  // Each namespace has a ConfigMap, and one that is misspelt is as one that is empty.
  if (resources.every(({ kind }) => kind === "ConfigMap"))
    throw new InputError(`namespace ${namespace}: holds nothing that has a rule`);
  return resources.map((resource) => ({
    ...resource,
    isAlone: true,
    at: () => ({
      file: `${namespace}/${resource.kind}/${resource.name}`,
      excepted: resource.at().excepted ?? new Set(),
    }),
  }));
}

function kubectl(args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync("kubectl", args, {
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
    timeout: 60_000,
  });
  if (error) throw new InputError(`kubectl ${args[0]}: ${error.message}`);
  if (status !== 0) throw new InputError(`kubectl ${args[0]}: ${lastLine(stderr)}`);
  return stdout;
}
