import type { System } from "../../../functions/kernel/system.ts";
import type { Source, TextCheck } from "../checks.ts";
import { toFinding, within } from "../found.ts";
import { fifoChecks } from "./fifo-rules.ts";
import { functionChecks } from "./function-rules.ts";
import { fromPlan, isPlan } from "./plan.ts";
import { queueChecks } from "./queue-rules.ts";
import { rightsChecks } from "./rights.ts";
import { type Check, toStack } from "./stack.ts";
import { storeChecks } from "./store-rules.ts";
import { streamChecks } from "./stream-rules.ts";
import { subscriptionChecks } from "./subscription-rules.ts";
import { targetChecks } from "./target-rules.ts";
import { fromTemplate, isTemplate } from "./template.ts";

const CHECKS: readonly Check[] = [
  ...queueChecks,
  ...subscriptionChecks,
  ...fifoChecks,
  ...targetChecks,
  ...functionChecks,
  ...streamChecks,
  ...storeChecks,
  ...rightsChecks,
];

/** Rules over a SAM or CloudFormation template, a stack's, or the calls that `upload.sh --dry-run` prints. in: whose functions they are */
export const createAwsCheck = (system?: System<never>): TextCheck => ({
  rules: CHECKS.map(({ rule }) => rule),
  isFor: ({ text }: Source) => isTemplate(text) || isPlan(text),
  check({ file, text }) {
    const stack = toStack(within(file, () => (isTemplate(text) ? fromTemplate(text) : fromPlan(text))));
    return CHECKS.flatMap(({ rule, find }) =>
      find(stack, system)
        .filter(({ at }) => !at.excepted?.has(rule.id))
        .map((found) => toFinding(rule, file, found)),
    );
  },
});
