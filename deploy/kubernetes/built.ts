import { system } from "../../functions/index.ts";
import { type FunctionDefinition, topicsOf } from "../../functions/kernel/define.ts";
import { DEAD_LETTERS, KEEPER, type System } from "../../functions/kernel/system.ts";
import type { Manifest } from "./read.ts";

/** Where and under which name an app hears a topic. */
interface Hearing {
  readonly app: string;
  readonly pubsub: string;
  readonly topic: string;
  readonly path: string;
  /** Left out: what is not taken comes again. */
  readonly deadLetterTopic?: string | undefined;
  /** Also what is no JSON, or has expired. */
  readonly isRaw: boolean;
  readonly isBulk: boolean;
}

/**
 * What in a built overlay does not fit together, or does not fit the functions, one sentence each. What a field may hold at
 * all is for the API server to say.
 *
 * in  secrets: those that whoever deploys it must have made before
 */
export function faultsOf(
  manifests: readonly Manifest[],
  secrets: readonly string[],
  { functions: all }: Pick<System, "functions"> = system,
): readonly string[] {
  const functions = all.map(({ definition }) => definition);
  const of = (kind: string, group = "") =>
    manifests.filter((each) => each.kind === kind && each.apiVersion.startsWith(group));
  const has = (kind: string, name: string) => of(kind).some(({ metadata }) => metadata.name === name);
  const workloads = [...of("Deployment"), ...of("StatefulSet")];
  const services = of("Deployment").filter(({ spec }) => spec.template.metadata.annotations?.["dapr.io/enabled"]);
  const selects = (labels: Readonly<Record<string, string>> = {}) =>
    workloads.some(({ spec }) =>
      Object.entries(labels).every(([name, value]) => spec.template.metadata.labels[name] === value),
    );
  const faults = [
    ...compare("services", [
      services.map(({ metadata }) => metadata.name),
      [...functions.map(({ name }) => name), KEEPER],
    ]),
    ...subscriptionFaults(of("Subscription"), {
      components: of("Component", "dapr.io/"),
      services,
      manifests,
      functions,
    }),
    ...secretsIn(manifests)
      .filter((name) => !has("Secret", name) && !secrets.includes(name))
      .map((name) => `Secret ${name}: is neither in the overlay nor asked for`),
    ...services.flatMap(({ metadata: { name }, spec }) => {
      const { "dapr.io/config": config } = spec.template.metadata.annotations;
      return has("Configuration", config) ? [] : [`${name}: Configuration ${config} is missing, daprd would not start`];
    }),
    ...of("Configuration", "dapr.io/")
      .filter(({ spec }) => !spec.features?.some(isHotReloadOff))
      .map(({ metadata }) => `Configuration ${metadata.name}: must turn hot reload off, which is on from Dapr 1.18`),
    ...of("Resiliency").flatMap(({ spec }) =>
      Object.keys(spec.targets.components)
        .filter((name) => !has("Component", name))
        .map((name) => `Resiliency: component ${name} is missing`),
    ),
    ...[...of("Service"), ...of("NetworkPolicy"), ...of("PodDisruptionBudget")]
      .map(({ kind, metadata, spec }) => ({ kind, metadata, labels: toLabels(spec) }))
      .filter(({ labels }) => !selects(labels))
      .map(({ kind, metadata }) => `${kind} ${metadata.name}: selects no pod`),
    ...of("HorizontalPodAutoscaler")
      .filter(({ spec }) => !has(spec.scaleTargetRef.kind, spec.scaleTargetRef.name))
      .map(({ metadata }) => `HorizontalPodAutoscaler ${metadata.name}: has nothing to scale`),
    ...duplicatesIn(manifests).map((id) => `${id}: is there twice`),
  ];
  return [...new Set(faults)];
}

const isHotReloadOff = ({ name, enabled }: { readonly name: string; readonly enabled: boolean }): boolean =>
  name === "HotReload" && !enabled;

/** What subscriptions have to fit. */
interface Beside {
  readonly components: readonly Manifest[];
  readonly services: readonly Manifest[];
  readonly manifests: readonly Manifest[];
  readonly functions: readonly FunctionDefinition[];
}

/** Each function hears its topics on the broker that it publishes to; on a former one as well, where there is one. */
function subscriptionFaults(
  subscriptions: readonly Manifest[],
  { components, services, manifests, functions }: Beside,
): readonly string[] {
  const pubsubs = components.filter(({ spec }) => spec.type.startsWith("pubsub."));
  const wanted = pubsubs.flatMap(({ metadata: { name: pubsub } }): readonly Hearing[] => [
    ...functions.flatMap((fn) =>
      topicsOf(fn).map((topic) => ({
        ...{ app: fn.name, pubsub, topic, path: `/${topic}`, deadLetterTopic: DEAD_LETTERS, isRaw: true, isBulk: true },
      })),
    ),
    { app: KEEPER, pubsub, topic: DEAD_LETTERS, path: `/${DEAD_LETTERS}`, isRaw: true, isBulk: false },
  ]);
  const there = subscriptions.flatMap(({ spec, scopes = [] }) =>
    scopes.map(
      (app): Hearing => ({
        app,
        pubsub: spec.pubsubname,
        topic: spec.topic,
        path: spec.routes.default,
        deadLetterTopic: spec.deadLetterTopic,
        isRaw: spec.metadata?.rawPayload === "true",
        isBulk: spec.bulkSubscribe?.enabled === true,
      }),
    ),
  );
  const toText = ({ app, pubsub, topic, path, deadLetterTopic, isRaw, isBulk }: Hearing) => {
    const how = `${isRaw ? " as it is" : ""}${isBulk ? " in bulks" : ""}`;
    return `${app} hears ${topic} of ${pubsub} at ${path}${how}, else ${deadLetterTopic ?? "again"}`;
  };
  return [
    ...compare("subscriptions", [there.map(toText), wanted.map(toText)]),
    ...services.flatMap(({ metadata: { name }, spec }) => {
      const [{ configMapRef }] = spec.template.spec.containers[0].envFrom;
      const data = manifests.find(
        ({ kind, metadata }) => kind === "ConfigMap" && metadata.name === configMapRef.name,
      )?.data;
      return [data?.PUBSUB_NAME, data?.STATE_STORE]
        .filter(
          (wantedName) => !components.some((each) => each.metadata.name === wantedName && each.scopes?.includes(name)),
        )
        .map((wantedName) => `${name}: is told of component ${wantedName}, which is not there for it`);
    }),
  ];
}

function compare(what: string, [there, wanted]: readonly [readonly string[], readonly string[]]): readonly string[] {
  return [
    ...wanted.filter((each) => !there.includes(each)).map((each) => `${what}: ${each}: is missing`),
    ...there.filter((each) => !wanted.includes(each)).map((each) => `${what}: ${each}: nobody wants it`),
  ];
}

/** The labels that an object selects pods by. */
const toLabels = (spec: Manifest["spec"]) =>
  spec.podSelector?.matchLabels ?? spec.selector?.matchLabels ?? spec.selector ?? {};

/** Names of all Secrets that anything refers to. */
function secretsIn(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === "secretKeyRef") return [(inner as { readonly name: string }).name];
    if (key === "dapr.io/app-token-secret" || key === "secretName") return [inner as string];
    return secretsIn(inner);
  });
}

function duplicatesIn(manifests: readonly Manifest[]): readonly string[] {
  const ids = manifests.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`);
  return ids.filter((id, index) => ids.indexOf(id) !== index);
}
