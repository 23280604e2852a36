import type { App } from "../apps.ts";
import { type Component, type Deployment, type DeploymentRule, once, type Problem, toName } from "../deployment.ts";
import { functionOf } from "../own.ts";
import { isTruthy, shapeAt, textAt } from "../shape.ts";
import { type Heard, heard } from "./retries.ts";

const CODE = "dapr/dapr 1.14, pkg/runtime/pubsub/default_bulksub.go";
const RUNTIME = "dapr/dapr 1.14, pkg/runtime/subscription";
/** ms: longer, and somebody who waits for what follows notices. */
const LONG_MS = 100;

/** Rules about bulk subscriptions. */
export const bulk: readonly DeploymentRule[] = [
  {
    id: "bulk-parsed",
    effect: "loses",
    why: "daprd parses each event of a bulk: integers beyond 2^53 are rounded, and what is no JSON or has expired never comes to the app, which could say why",
    source: `${RUNTIME}/bulksubscription.go; seen on daprd 1.14 and 1.18.3`,
    fix: 'metadata: { rawPayload: "true" }, with which the app gets the bytes in base64',
    *find(deployment) {
      for (const { each } of bulksOf(deployment))
        if (!isTruthy(textAt(each.resource.value, "spec", "metadata", "rawPayload")))
          yield { at: each.resource.at("spec", "bulkSubscribe"), what: `${toName(each.resource)} has no rawPayload` };
    },
  },
  {
    id: "bulk-over-concurrency",
    effect: "stalls",
    why: "a bulk never fills, since the component hands over no more at once: each waits for its whole maxAwaitDurationMs",
    source: `${CODE}; dapr/components-contrib, pubsub/redis, rabbitmq and gcp; seen on daprd 1.14 and 1.18.3 with Redis`,
    fix: "Redis: concurrency of maxMessagesCount times the topics that the app hears; RabbitMQ: prefetchCount, Pub/Sub: maxOutstandingMessages of maxMessagesCount or more",
    find: (deployment) => once([...overShared(deployment), ...overOwn(deployment)]),
  },
  {
    id: "bulk-of-one",
    effect: "stalls",
    why: "the component hands over the next event when the one before is answered: each is a bulk by itself, and waits for its whole maxAwaitDurationMs",
    source: `${CODE}; dapr/components-contrib, pubsub/concurrency.go`,
    fix: "concurrencyMode: parallel, or leave it out",
    *find(deployment) {
      for (const { pubsub } of bulksOf(deployment))
        if (IN_TURN.has(pubsub.type) && pubsub.metadata.get("concurrencyMode") === "single")
          yield { at: pubsub.at("concurrencyMode"), what: `${pubsub.name} hands over one event at a time` };
    },
  },
  {
    id: "bulk-waits-long",
    effect: "stalls",
    why: "an event that comes alone waits that long at each hop, and so does what never fills a bulk: SQS gives ten at once",
    source: `${CODE}: 1 s by default; dapr/components-contrib, pubsub/kafka: 10 s`,
    fix: "a maxAwaitDurationMs of a few ms: at 5 an idle sidecar takes 1 to 2 % of a core",
    *find(deployment) {
      for (const { each, waitMs } of bulksOf(deployment))
        if (waitMs > LONG_MS)
          yield {
            at: each.resource.at("spec", "bulkSubscribe"),
            what: `${toName(each.resource)} waits ${waitMs} ms for a bulk to fill`,
          };
    },
  },
  {
    id: "bulk-without-parking",
    effect: "stalls",
    why: "daprd tries what failed of a bulk again before it takes the next: one event whose handler keeps failing holds up its topic until it is given up",
    source: `${RUNTIME}/bulkresiliency.go; seen on daprd 1.14 with Redis`,
    fix: "PARKING=on, or no bulkSubscribe for this app",
    *find(deployment) {
      for (const { each, own } of bulksOf(deployment))
        if (own?.variable("PARKING") === "off")
          yield { at: each.resource.at("spec", "bulkSubscribe"), what: `${own.id} gets bulks and has PARKING=off` };
    },
  },
];

interface Bulk extends Heard {
  readonly most: number;
  readonly waitMs: number;
  /** The app where it is a function of the system. */
  readonly own: App | undefined;
}

/** Bulk subscriptions with each of their apps. */
export function bulksOf(deployment: Deployment): readonly Bulk[] {
  return heard(deployment).flatMap((one) => {
    const said = shapeAt(one.each.resource.value, "spec", "bulkSubscribe");
    if (!isTruthy(textAt(said, "enabled"))) return [];
    const byDefault = one.pubsub.type === "pubsub.kafka" ? { most: 80, waitMs: 10_000 } : { most: 100, waitMs: 1_000 };
    const app = deployment.apps.find(({ id }) => id === one.app);
    return [
      {
        ...one,
        // 0 is left out. source: dapr/dapr, utils.GetIntValOrDefault
        most: Number(textAt(said, "maxMessagesCount") ?? 0) || byDefault.most,
        waitMs: Number(textAt(said, "maxAwaitDurationMs") ?? 0) || byDefault.waitMs,
        own: app && functionOf(deployment, app) ? app : undefined,
      },
    ];
  });
}

const IN_TURN = new Set(["pubsub.rabbitmq", "pubsub.aws.snssqs"]);

/** What a component has in hand at once for each subscription, where it may be less than a bulk. 0, or left out: enough. */
const HELD: ReadonlyMap<string, string> = new Map([
  ["pubsub.rabbitmq", "prefetchCount"],
  ["pubsub.gcp.pubsub", "maxOutstandingMessages"],
]);

function* overOwn(deployment: Deployment): Generator<Problem> {
  for (const { each, pubsub, most } of bulksOf(deployment)) {
    const setting = HELD.get(pubsub.type);
    const held = Number((setting && pubsub.metadata.get(setting)) ?? 0);
    if (setting && held > 0 && held < most)
      yield {
        at: pubsub.at(setting),
        what: `${toName(each.resource)} waits for ${most} events, of which ${pubsub.name} has ${held} at once`,
      };
  }
}

/** Redis has one hand for all topics of an app. */
function* overShared(deployment: Deployment): Generator<Problem> {
  const onRedis = bulksOf(deployment).filter(({ pubsub }) => pubsub.type === "pubsub.redis");
  const byApp = Map.groupBy(onRedis, ({ app, component }) => JSON.stringify([app, component]));
  const wanted = [...byApp.values()].flatMap((bulks): readonly Wanted[] => {
    const [first] = bulks;
    const most = bulks.reduce((sum, each) => sum + each.most, 0);
    return first ? [{ pubsub: first.pubsub, app: first.app, topics: bulks.length, most }] : [];
  });
  for (const { pubsub, app, topics, most } of wanted.toSorted((one, other) => other.most - one.most)) {
    const isElsewhere = pubsub.has("concurrency") && pubsub.metadata.get("concurrency") === undefined;
    const atOnce = Number(pubsub.metadata.get("concurrency") ?? 10);
    if (!isElsewhere && atOnce < most)
      yield {
        at: pubsub.at("concurrency"),
        what: `${app} waits for ${most} events on ${topics} ${topics === 1 ? "topic" : "topics"}, of which ${pubsub.name} has ${atOnce} at once`,
      };
  }
}

interface Wanted {
  readonly pubsub: Component;
  readonly app: string;
  readonly topics: number;
  readonly most: number;
}
