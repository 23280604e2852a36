import { type App, POD } from "../apps.ts";
import type { Deployment, DeploymentRule } from "../deployment.ts";
import { inboundOf, toMs } from "../inbound.ts";
import { isTruthy, listAt, textAt } from "../shape.ts";

/** Rules about the end of a pod. */
export const shutdown: readonly DeploymentRule[] = [
  {
    id: "grace-period-short",
    effect: "repeats",
    why: "all is killed while the sidecar still waits or the app still works: what was nearly done is delivered again",
    source: "docs.dapr.io, dapr.io/block-shutdown-duration; kubernetes.io, Termination of Pods",
    fix: "terminationGracePeriodSeconds above block-shutdown-duration + graceful-shutdown-seconds, and above preStop + inbound timeout",
    *find(deployment) {
      for (const app of onCluster(deployment)) {
        const said = textAt(app.resource.value, ...POD, "terminationGracePeriodSeconds");
        const grace = Number(said ?? 30);
        const needed = Math.max(sidecarSeconds(app), preStopSeconds(app) + timeoutSeconds(deployment, app));
        if (grace < needed)
          yield {
            at: said === undefined ? app.at() : app.resource.at(...POD, "terminationGracePeriodSeconds"),
            what: `${app.id} is killed after ${grace} s${said === undefined ? " (by default)" : ""}, and may take ${needed} s to end`,
          };
      }
    },
  },
  {
    id: "sidecar-ends-first",
    effect: "repeats",
    why: "then its APIs are closed: what the app still has in hand can neither be saved nor published, and is delivered again",
    source: "docs.dapr.io, dapr.io/block-shutdown-duration",
    fix: "dapr.io/block-shutdown-duration longer than preStop and the longest handler; or dapr.io/enable-native-sidecar from 1.18",
    *find(deployment) {
      for (const app of onCluster(deployment).filter((one) => one.told("app-port") !== undefined)) {
        if (isTruthy(app.told("enable-native-sidecar"))) continue;
        const block = blockSeconds(app);
        if (block <= preStopSeconds(app))
          yield {
            at: app.at("block-shutdown-duration"),
            what: `the sidecar of ${app.id} ends ${block === 0 ? "at once" : `after ${block} s, before its app is told to`}`,
          };
      }
    },
  },
];

const onCluster = ({ apps }: Deployment): readonly App[] => apps.filter((app) => app.isOnCluster);

const blockSeconds = (app: App): number => (toMs(app.told("block-shutdown-duration")) ?? 0) / 1_000;

/** -1, and nothing, are 5 s. */
function sidecarSeconds(app: App): number {
  const graceful = Number(app.told("graceful-shutdown-seconds") ?? -1);
  return blockSeconds(app) + (graceful < 0 ? 5 : graceful);
}

const preStopSeconds = ({ resource }: App): number =>
  Math.max(
    0,
    ...listAt(resource.value, ...POD, "containers").map((each) =>
      Number(textAt(each, "lifecycle", "preStop", "sleep", "seconds") ?? 0),
    ),
  );

const timeoutSeconds = (deployment: Deployment, { id }: App): number =>
  Math.max(
    0,
    ...deployment.components
      .filter(({ type }) => type.startsWith("pubsub."))
      .map(({ name }) => (inboundOf(deployment, name, id).timeout?.ms ?? 0) / 1_000),
  );
