import { basename } from "node:path";
import type { Place, Resource } from "./resource.ts";
import { isTruthy, listAt, type Path, shapeAt, textAt, textsAt, valueAt } from "./shape.ts";

/** What a sidecar is told of its app, as an annotation calls it. */
type Setting =
  | "app-id"
  | "app-port"
  | "app-max-concurrency"
  | "enable-app-health-check"
  | "config"
  | "app-token-secret"
  | "block-shutdown-duration"
  | "graceful-shutdown-seconds"
  | "enable-native-sidecar";

/** An app beside a sidecar: of a workload of Kubernetes, or of the file of `dapr run -f`. */
export interface App {
  readonly id: string;
  readonly isOnCluster: boolean;
  readonly resource: Resource;
  /** What its process is started with. */
  readonly command: readonly string[];
  told(setting: Setting): string | undefined;
  /** out: the place of the setting, or of the app's id */
  at(setting?: Setting): Place;
  /** A variable of its process. out: undefined for none, or one that does not stand in what was read */
  variable(name: string): string | undefined;
  /** Whether a variable is there, wherever its value stands. */
  hasVariable(name: string): "yes" | "no" | "perhaps";
}

const WORKLOADS = new Set(["Deployment", "StatefulSet", "DaemonSet"]);

export const isWorkload = ({ kind, apiVersion }: Resource): boolean =>
  WORKLOADS.has(kind) && apiVersion.startsWith("apps/");

export const ANNOTATIONS: Path = ["spec", "template", "metadata", "annotations"];
export const POD: Path = ["spec", "template", "spec"];

export function isInjected(workload: Resource): boolean {
  return isTruthy(textAt(workload.value, ...ANNOTATIONS, "dapr.io/enabled"));
}

export function appsOf(resources: readonly Resource[]): readonly App[] {
  return resources.flatMap((resource) => {
    if (isWorkload(resource) && isInjected(resource)) return onCluster(resource, resources);
    return resource.kind === "Run" ? ofRun(resource) : [];
  });
}

/**
 * App ids of all that has a pod with a sidecar, of whatever kind: a Job, a CronJob, what another controller than Kubernetes' own makes
 * pods of. No more than its name is known of what is no workload.
 */
export function idsOf(resources: readonly Resource[]): readonly string[] {
  const named = resources.flatMap(({ value }) => [
    textAt(value, ...ANNOTATIONS, "dapr.io/app-id"),
    textAt(value, "spec", "jobTemplate", ...ANNOTATIONS, "dapr.io/app-id"),
    textAt(value, "metadata", "annotations", "dapr.io/app-id"),
  ]);
  return [...new Set([...appsOf(resources).map(({ id }) => id), ...named.flatMap((id) => id ?? [])])];
}

/** Without an app id it is called as its pod is, which nobody knows before: it is no app to compare with. */
function onCluster(resource: Resource, resources: readonly Resource[]): readonly App[] {
  const told = (setting: Setting) => textAt(resource.value, ...ANNOTATIONS, `dapr.io/${setting}`);
  const id = told("app-id");
  if (id === undefined) return [];
  const containers = listAt(resource.value, ...POD, "containers");
  const variables = containers.flatMap((container) => listAt(container, "env"));
  const sources = containers.flatMap((container) => listAt(container, "envFrom"));
  const maps = sources.map((source) => textAt(source, "configMapRef", "name"));
  const data = resources.filter(({ kind, name }) => kind === "ConfigMap" && maps.includes(name));
  const mapped = (name: string) => data.map(({ value }) => textAt(value, "data", name)).find(Boolean);
  const own = (name: string) => variables.find((each) => textAt(each, "name") === name);
  return [
    {
      ...{ id, isOnCluster: true, resource, told },
      command: containers.flatMap((each) => [...textsAt(each, "command"), ...textsAt(each, "args")]),
      at: (setting = "app-id") =>
        told(setting) === undefined
          ? resource.at(...ANNOTATIONS, "dapr.io/app-id")
          : resource.at(...ANNOTATIONS, `dapr.io/${setting}`),
      variable: (name) => textAt(own(name), "value") ?? mapped(name),
      hasVariable(name) {
        if (own(name) !== undefined || mapped(name) !== undefined) return "yes";
        const known = data.map((each) => each.name);
        return sources.every((source) => known.includes(textAt(source, "configMapRef", "name") ?? ""))
          ? "no"
          : "perhaps";
      },
    },
  ];
}

/** As the file of the CLI calls them. What it cannot say has no name there. */
const IN_RUN: Readonly<Partial<Record<Setting, string>>> = {
  "app-id": "appID",
  "app-port": "appPort",
  "app-max-concurrency": "appMaxConcurrency",
  "enable-app-health-check": "enableAppHealthCheck",
  config: "configFilePath",
};

function ofRun(resource: Resource): readonly App[] {
  const common = shapeAt(resource.value, "common");
  return listAt(resource.value, "apps").map((app, index): App => {
    const pathOf = (setting: Setting): Path => {
      const name = IN_RUN[setting] ?? "";
      return valueAt(app, name) === undefined ? ["common", name] : ["apps", index, name];
    };
    const told = (setting: Setting) => textAt(resource.value, ...pathOf(setting));
    const variable = (name: string) => textAt(app, "env", name) ?? textAt(common, "env", name);
    return {
      id: told("app-id") ?? basename(textAt(app, "appDirPath") ?? ""),
      ...{ isOnCluster: false, resource, told, variable, command: textsAt(app, "command") },
      at: (setting = "app-id") =>
        told(setting) === undefined ? resource.at("apps", index) : resource.at(...pathOf(setting)),
      hasVariable: (name) => (variable(name) === undefined ? "perhaps" : "yes"),
    };
  });
}
