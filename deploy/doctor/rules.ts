import { textChecks } from "./checks.ts";
import { brokers } from "./dapr/brokers.ts";
import { bulk } from "./dapr/bulk.ts";
import { deadLetters } from "./dapr/dead-letters.ts";
import { events } from "./dapr/events.ts";
import { redis } from "./dapr/redis.ts";
import { retries } from "./dapr/retries.ts";
import { sidecar } from "./dapr/sidecar.ts";
import { wiring } from "./dapr/wiring.ts";
import type { DeploymentRule } from "./deployment.ts";
import { network } from "./kubernetes/network.ts";
import { scaling } from "./kubernetes/scaling.ts";
import { shutdown } from "./kubernetes/shutdown.ts";
import type { Rule } from "./rule.ts";

const kubernetes: readonly DeploymentRule[] = [...scaling, ...shutdown, ...network];

export const deploymentRules: readonly DeploymentRule[] = [
  ...[...wiring, ...bulk, ...retries, ...deadLetters, ...sidecar, ...redis, ...brokers, ...events],
  ...kubernetes,
];

/** All rules, in the order in which they are listed. */
export const rules: readonly Rule[] = [...deploymentRules, ...textChecks.flatMap((check) => check.rules)];
