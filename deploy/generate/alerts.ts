import { toPolicies } from "../alerts/google.ts";
import { toPrometheusRule } from "../alerts/prometheus.ts";
import type { Renderer } from "./rendered.ts";

/** What alerts somebody, but on AWS, whose alarms are in the template and the lists of upload.sh. */
export const renderAlerts: Renderer = (system) =>
  new Map([
    ["deploy/kubernetes/components/alerts/alerts.yaml", toPrometheusRule(system)],
    ...Array.from(
      toPolicies(),
      ([name, policy]) => [`deploy/gcloud/alerts/${name}.json`, `${JSON.stringify(policy, undefined, 2)}\n`] as const,
    ),
  ]);
