import { Document, type Pair, Scalar, visit, type YAMLMap } from "yaml";
import type { System } from "../../functions/kernel/system.ts";
import { GENERATED } from "../generate/rendered.ts";
import { RULES } from "./rules.ts";
import { toComment } from "./to-comment.ts";

const WIDTH = 130;
/** Of what stands on a line with its key. */
const MOST_CHARACTERS = 100;

/** The rule of the Prometheus operator. source: Prometheus operator, API reference, PrometheusRule */
export function toPrometheusRule({ name }: System<never>): string {
  const labels = { "app.kubernetes.io/part-of": name };
  const alerts = RULES.flatMap(({ severity, prometheus }) => (prometheus ? [{ severity, ...prometheus }] : []));
  const document = new Document({
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: { name, labels },
    spec: {
      groups: [
        {
          name: "loosely",
          rules: alerts.map(({ alert, expr, for: lasts, severity, summary, description }) => ({
            alert,
            expr,
            ...(lasts ? { for: lasts } : {}),
            labels: { severity },
            annotations: { summary, description },
          })),
        },
      ],
    },
  });
  for (const [index, { why }] of alerts.entries()) {
    const rule = document.getIn(["spec", "groups", 0, "rules", index]) as YAMLMap;
    const pair = rule.items.find(({ key }) => (key as Scalar).value === "expr") as Pair<Scalar>;
    if (why) pair.key.commentBefore = toComment(why);
  }
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === "string" && node.value.length > MOST_CHARACTERS) node.type = Scalar.BLOCK_FOLDED;
    },
  });
  return `# ${GENERATED} What is said stands in deploy/alerts/rules.ts.\n${document.toString({ lineWidth: WIDTH })}`;
}
