import { type Component, type Deployment, type DeploymentRule, once, type Problem } from "../deployment.ts";
import { toMs } from "../inbound.ts";
import { functionOf, timeOf } from "../own.ts";
import { heard } from "./retries.ts";
import { on, setting } from "./setting.ts";

const CODE = "dapr/components-contrib, pubsub/redis";
/** daprd's own. */
const PROCESSING_MS = 60_000;
/** What a crashed sidecar held waits that many times longer than it must. */
const FAR = 2;

export const redis: readonly DeploymentRule[] = [
  {
    id: "redis-processing-timeout-short",
    effect: "repeats",
    why: "Redis gives a delivery to somebody else while it is still tried here: two copies run at once",
    source: `${CODE}; seen on daprd 1.14 and 1.18.3`,
    fix: "processingTimeout longer than all tries of one delivery with their pauses",
    find: (deployment) => once(tooShort(deployment)),
  },
  {
    id: "redis-processing-timeout-long",
    effect: "stalls",
    why: "what a sidecar that crashed had in hand waits as long",
    source: CODE,
    fix: "processingTimeout hardly longer than all tries of one delivery with their pauses",
    find: (deployment) => once(tooLong(deployment)),
  },
  setting({
    id: "redis-redeliver-interval",
    effect: "stalls",
    why: "daprd ignores a duration here in silence and takes 15 s: only a number of milliseconds counts",
    source: `${CODE}; seen on daprd 1.14 and 1.18.3`,
    fix: "write milliseconds",
    ...on("redis", "redeliverInterval", (value) => value !== undefined && !/^\d+$/.test(value)),
  }),
  {
    id: "redis-recovery-off",
    effect: "loses",
    why: "at 0 nobody looks for what a sidecar that crashed had in hand: it is never delivered again",
    source: "dapr/components-contrib#4174; pubsub/redis, reclaimPendingMessagesLoop",
    fix: "processingTimeout and redeliverInterval above 0",
    *find({ components }) {
      for (const each of components.filter(({ type }) => type === "pubsub.redis"))
        for (const name of ["processingTimeout", "redeliverInterval"])
          if (/^0+(ms|s|m|h)?$/.test(each.metadata.get(name) ?? ""))
            yield { at: each.at(name), what: `${each.name} has ${name} 0` };
    },
  },
  {
    id: "redis-trims",
    effect: "loses",
    why: "the stream is cut to that length or age, also of what nobody has consumed yet: dead letters go first",
    source: CODE,
    fix: "leave it out",
    *find({ components }) {
      for (const each of components.filter(({ type }) => type === "pubsub.redis"))
        for (const name of ["maxLenApprox", "streamTTL"])
          if (each.has(name) && each.metadata.get(name) !== "0")
            yield { at: each.at(name), what: `${each.name} has ${name}` };
    },
  },
];

interface Budget {
  readonly component: Component;
  readonly app: string;
  /** What Redis waits. */
  readonly ms: number;
  /** What all tries of one delivery take. */
  readonly needed: number;
}

/**
 * Where it can be known: for functions of the system, which give up by themselves, and where retries end. out: none for retries
 * without end of an app that says nothing of when it gives up
 */
function budgets(deployment: Deployment): readonly Budget[] {
  return heard(deployment).flatMap(({ app: id, pubsub: component, inbound: { timeout, retry } }) => {
    if (component.type !== "pubsub.redis" || !timeout) return [];
    const said = component.metadata.get("processingTimeout");
    const ms = component.has("processingTimeout") ? toMs(said) : PROCESSING_MS;
    // Elsewhere, no duration, or off.
    if (!ms) return [];
    const app = deployment.apps.find((one) => one.id === id);
    const isOwn = app && functionOf(deployment, app);
    const { maxRetries = 0, duration = 0 } = retry ?? {};
    if (isOwn && maxRetries < 0) {
      const needed = timeOf(app, "GIVE_UP_AFTER_MS") + 2 * timeout.ms + duration;
      return [{ component, app: id, ms, needed }];
    }
    if (maxRetries < 0 || retry?.policy === "exponential") return [];
    return [{ component, app: id, ms, needed: (maxRetries + 1) * timeout.ms + maxRetries * duration }];
  });
}

function* tooShort(deployment: Deployment): Generator<Problem> {
  for (const { component, ms, needed, app } of longestFirst(deployment))
    if (ms < needed)
      yield {
        at: component.at("processingTimeout"),
        what: `${component.name} waits ${ms} ms for a delivery, which may take ${app} ${needed} ms`,
      };
}

function* tooLong(deployment: Deployment): Generator<Problem> {
  const seen = new Set<Component>();
  for (const { component, ms, needed, app } of longestFirst(deployment)) {
    if (!seen.has(component) && ms > FAR * Math.max(needed, PROCESSING_MS))
      yield {
        at: component.at("processingTimeout"),
        what: `${component.name} waits ${ms} ms for a delivery, which takes ${app} ${needed} ms at most`,
      };
    seen.add(component);
  }
}

const longestFirst = (deployment: Deployment): readonly Budget[] =>
  budgets(deployment).toSorted((one, other) => other.needed - one.needed);
