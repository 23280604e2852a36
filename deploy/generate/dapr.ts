import { DEAD_LETTERS, KEEPER, type System } from "../../functions/kernel/system.ts";
import { BULK } from "./bulk.ts";
import { type Files, GENERATED } from "./rendered.ts";
import { toScalar } from "./scalar.ts";
import { type Subscription, subscriptionsOf, topicsIn } from "./subscriptions.ts";

/** As long as events are good for. */
const COPIES_KEPT_MS = 30 * 86_400_000;

/** What Dapr reads that lists who hears what. Scopes and apps are in files that are adapted by hand: kept.ts. */
export function renderDapr(system: System<never>): Files {
  const subscriptions = subscriptionsOf(system);
  return new Map([
    ["deploy/dapr/resources/subscriptions.yaml", HEAD + [...subscriptions.map(toDocument), OF_KEEPER].join("---\n")],
    ["deploy/dapr/brokers/rabbitmq/definitions.json", toDefinitions(topicsIn(system), subscriptions)],
  ]);
}

const HEAD = `# ${GENERATED}
# Who hears what. Read by daprd (1.14 and 1.18) and by the local sidecar alike.
#
# - One subscription a topic and app, without rules: the app itself ignores the types that it does not consume, so that a new
#   event type never needs a change here. Two subscriptions of one app on one topic: daprd keeps the first in silence.
# - bulkSubscribe: many events in one request, each with an answer of its own. daprd asks again for those that failed within the
#   same call, and holds up all that is behind them on their topic (its default_bulksub.go, bulkresiliency.go). So the app answers
#   within a second: what fails or is unfinished by then it keeps itself (PARKING) and acknowledges, and RETRY is what it says
#   while its store is away. A bulk that is not full goes when the interval of maxAwaitDurationMs ends.
# - rawPayload: the app gets the bytes that were published. Else daprd parses each event of a bulk, rounds integers beyond 2^53,
#   and drops what has expired (bulksubscription.go): now the app says what is no event and what is too late, with a dead letter
#   that holds the reason. As it parses nothing daprd makes no span of the delivery: the trace goes on by the traceparent that the
#   event itself has.
# - deadLetterTopic is for what is left: what a sidecar could not hand over, were its retries ever to end (resiliency.yaml says that
#   they do not); without it daprd 1.18 on Redis would acknowledge that: lost. No answer sends anything there: the app says
#   neither DROP nor 404, and a 404 to a bulk is an acknowledgement, dead letter topic or not. Of the apps the keeper alone hears it.
# - Poison does not come this way: the app has stored it as a dead letter, with its reason: at the first delivery what can
#   never be handled, after 90 s what its handler always fails on.
`;

const toDocument = ({ name, app, topic }: Subscription): string => `apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata:
  name: ${name}
spec:
  pubsubname: pubsub
  topic: ${toScalar(topic)}
  routes:
    default: /${topic}
  bulkSubscribe:
    enabled: true
    maxMessagesCount: ${BULK.maxMessagesCount}
    maxAwaitDurationMs: ${BULK.maxAwaitDurationMs}
  metadata:
    rawPayload: "true"
  deadLetterTopic: ${DEAD_LETTERS}
scopes:
  - ${toScalar(app)}
`;

/** As that of a function would be called: daprd makes the queue's name of app and topic. */
const KEEPERS: Subscription = { name: `${KEEPER}-${DEAD_LETTERS}`, app: KEEPER, topic: DEAD_LETTERS };

const OF_KEEPER = `# What takes the dead letters, so that people can see them, one at a time: they are few, and each is answered when it is kept.
# rawPayload as above: what is no JSON or has expired is among them. No deadLetterTopic: there is no further place for a letter,
# and what the keeper does not take comes again, without end (resiliency.yaml).
apiVersion: dapr.io/v2alpha1
kind: Subscription
metadata:
  name: ${KEEPERS.name}
spec:
  pubsubname: pubsub
  topic: ${KEEPERS.topic}
  routes:
    default: /${KEEPERS.topic}
  metadata:
    rawPayload: "true"
scopes:
  - ${KEEPERS.app}
`;

/** What daprd would declare for these subscriptions, and a holder of dead letters beside the keeper's own. */
function toDefinitions(topics: readonly string[], functions: readonly Subscription[]): string {
  const queues = [...functions, KEEPERS, { name: DEAD_LETTERS, topic: DEAD_LETTERS }];
  const vhost = "/";
  const definitions = {
    // RabbitMQ's own word for what a file of definitions is: JSON has no comments.
    explanation: GENERATED,
    exchanges: [...topics, DEAD_LETTERS].map((name) => ({
      ...{ name, vhost, type: "fanout", durable: true, auto_delete: false, internal: false, arguments: {} },
    })),
    queues: queues.map(({ name }) => ({
      ...{ name, vhost, durable: true, auto_delete: false, arguments: { "x-queue-type": "classic" } },
    })),
    bindings: queues.map(({ name, topic }) => ({
      ...{ source: topic, vhost, destination: name, destination_type: "queue", routing_key: "", arguments: {} },
    })),
    // Whoever reads letters without Dapr has this queue. The keeper has its own, so that nobody need empty this one.
    policies: [
      {
        ...{ name: DEAD_LETTERS, vhost, pattern: `^${DEAD_LETTERS}$`, "apply-to": "queues", priority: 0 },
        definition: { "message-ttl": COPIES_KEPT_MS },
      },
    ],
  };
  return `${JSON.stringify(definitions, null, 2)}\n`;
}
