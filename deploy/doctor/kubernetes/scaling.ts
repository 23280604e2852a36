import { ANNOTATIONS, isInjected, isWorkload } from "../apps.ts";
import { type Deployment, type DeploymentRule, toName } from "../deployment.ts";
import type { Resource } from "../resource.ts";
import { isTruthy, listAt, shapeAt, textAt, valueAt } from "../shape.ts";

const HPA = "kubernetes.io, Horizontal Pod Autoscaling";

/** Rules about what is scaled, and what is injected at all. */
export const scaling: readonly DeploymentRule[] = [
  {
    id: "hpa-counts-sidecar",
    effect: "stalls",
    why: "it adds up all containers of a pod: idle sidecars hide busy apps, and where one has no request the autoscaler does nothing at all",
    source: `${HPA}: container resource metrics`,
    fix: "type: ContainerResource with the app's container; for KEDA containerName in the trigger's metadata",
    *find(deployment) {
      for (const { scaler, target } of scalersOf(deployment)) {
        if (!target || !isInjected(target)) continue;
        const path = countsAll(scaler);
        if (path) yield { at: scaler.at(...path), what: `${toName(scaler)} measures all containers of ${target.name}` };
      }
    },
  },
  {
    id: "two-autoscalers",
    effect: "stalls",
    why: "a ScaledObject makes an autoscaler of its own: two of them set the replicas of one workload against each other",
    source: "keda.sh, Scaling deployments: do not combine with an HPA",
    fix: "one of them: KEDA's trigger cpu does what the other does",
    *find(deployment) {
      const all = scalersOf(deployment);
      for (const { scaler, key } of all) {
        const other = all.find((one) => one.key === key && one.scaler.kind !== scaler.kind);
        if (scaler.kind === "ScaledObject" && other)
          yield {
            at: scaler.at("spec", "scaleTargetRef"),
            what: `${toName(scaler)} scales what ${toName(other.scaler)} scales`,
          };
      }
    },
  },
  {
    id: "replicas-beside-autoscaler",
    effect: "stalls",
    why: "each time it is applied the workload is set back to that many, in the middle of what it was scaled out for",
    source: `${HPA}: migrating Deployments to autoscaling`,
    fix: "leave replicas out: they are the autoscaler's",
    *find(deployment) {
      // The server fills it in, and says so.
      for (const { scaler, target } of scalersOf(deployment))
        if (target && valueAt(target.value, "spec", "replicas") !== undefined && !isLive(target))
          yield {
            at: target.at("spec", "replicas"),
            what: `${toName(target)} has replicas, and ${toName(scaler)} sets them`,
          };
    },
  },
  {
    id: "annotations-off-the-pod",
    effect: "stalls",
    why: "Dapr reads annotations of the pod: on the workload itself they inject no sidecar, and nothing says so",
    source: "docs.dapr.io, Adding Dapr to a Kubernetes deployment",
    fix: "move them to spec.template.metadata.annotations",
    *find({ resources }) {
      for (const each of resources.filter(isWorkload))
        if (isTruthy(textAt(each.value, "metadata", "annotations", "dapr.io/enabled")) && !isInjected(each))
          yield {
            at: each.at("metadata", "annotations", "dapr.io/enabled"),
            what: `${toName(each)} asks for a sidecar in the wrong place`,
          };
    },
  },
  {
    id: "sidecar-not-enabled",
    effect: "stalls",
    why: "without dapr.io/enabled no sidecar is injected, whatever else is said: the app gets no event",
    source: "docs.dapr.io, dapr.io/enabled",
    fix: 'dapr.io/enabled: "true" beside dapr.io/app-id',
    *find({ resources }) {
      for (const each of resources.filter(isWorkload))
        if ("dapr.io/app-id" in shapeAt(each.value, ...ANNOTATIONS) && !isInjected(each))
          yield { at: each.at(...ANNOTATIONS, "dapr.io/app-id"), what: `${toName(each)} has an app id and no sidecar` };
    },
  },
  {
    id: "app-id-missing",
    effect: "repeats",
    why: "each pod is then an app of its own, called as the pod is: all replicas hear every event, and no scope names them",
    source: "dapr/dapr 1.14, pkg/injector/patcher, GetAppID",
    fix: "dapr.io/app-id",
    *find({ resources }) {
      for (const each of resources.filter((one) => isWorkload(one) && isInjected(one)))
        if (!("dapr.io/app-id" in shapeAt(each.value, ...ANNOTATIONS)))
          yield { at: each.at(...ANNOTATIONS, "dapr.io/enabled"), what: `${toName(each)} has no app id` };
    },
  },
];

interface Scaler {
  readonly scaler: Resource;
  /** What it scales, by kind and name. */
  readonly key: string;
  readonly target: Resource | undefined;
}

/** Without the autoscalers that KEDA makes of its own, which a namespace shows. */
function scalersOf({ of, resources }: Deployment): readonly Scaler[] {
  const hpas = of("HorizontalPodAutoscaler").filter(
    ({ value }) =>
      !listAt(value, "metadata", "ownerReferences").some((owner) => textAt(owner, "kind") === "ScaledObject"),
  );
  return [...hpas, ...of("ScaledObject", "keda.sh/")].map((scaler) => {
    const kind = textAt(scaler.value, "spec", "scaleTargetRef", "kind") ?? "Deployment";
    const name = textAt(scaler.value, "spec", "scaleTargetRef", "name") ?? "";
    return {
      scaler,
      key: `${kind} ${name}`,
      target: resources.find((each) => each.kind === kind && each.name === name),
    };
  });
}

function countsAll({ kind, value }: Resource): readonly (string | number)[] | undefined {
  if (kind === "ScaledObject") {
    const index = listAt(value, "spec", "triggers").findIndex(
      (trigger) =>
        /^(cpu|memory)$/.test(textAt(trigger, "type") ?? "") &&
        textAt(trigger, "metadata", "containerName") === undefined,
    );
    return index === -1 ? undefined : ["spec", "triggers", index];
  }
  if (valueAt(value, "spec", "targetCPUUtilizationPercentage") !== undefined)
    return ["spec", "targetCPUUtilizationPercentage"];
  const index = listAt(value, "spec", "metrics").findIndex((metric) => textAt(metric, "type") === "Resource");
  return index === -1 ? undefined : ["spec", "metrics", index];
}

const isLive = ({ value }: Resource): boolean => valueAt(value, "metadata", "uid") !== undefined;
