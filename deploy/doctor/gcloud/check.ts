import type { Source, TextCheck } from "../checks.ts";
import { toFinding, within } from "../found.ts";
import { fromDescribed, isDescribed } from "./described.ts";
import { functionChecks } from "./function-rules.ts";
import { letterChecks } from "./letter-rules.ts";
import { fromPlan, isPlan } from "./plan.ts";
import type { Check } from "./project.ts";
import { rightChecks } from "./right-rules.ts";
import { subscriptionChecks } from "./subscription-rules.ts";

const CHECKS: readonly Check[] = [...subscriptionChecks, ...letterChecks, ...functionChecks, ...rightChecks];

/** Rules over what `deploy.sh --dry-run` prints, and over what gcloud describes with `--format=json`. */
export const gcloudCheck: TextCheck = {
  rules: CHECKS.map(({ rule }) => rule),
  isFor: ({ text }: Source) => isPlan(text) || isDescribed(text),
  check({ file, text }) {
    const project = within(file, () => (isPlan(text) ? fromPlan(text) : fromDescribed(text)));
    return CHECKS.flatMap(({ rule, find }) => find(project).map((found) => toFinding(rule, file, found)));
  },
};
