import { DEAD_LETTERS, type System } from "../../functions/kernel/system.ts";
import { type Files, GENERATED } from "./rendered.ts";
import { toScalar } from "./scalar.ts";
import { type Subscription, subscriptionsOf, topicsIn } from "./subscriptions.ts";

/** What Dapr reads that lists who hears what. Scopes and apps are in files that are adapted by hand: kept.ts. */
export function renderDapr(system: System<never>): Files {
  const subscriptions = subscriptionsOf(system);
  return new Map([
    ["deploy/dapr/resources/subscriptions.yaml", HEAD + subscriptions.map(toDocument).join("---\n")],
    ["deploy/dapr/brokers/rabbitmq/definitions.json", toDefinitions(topicsIn(system), subscriptions)],
  ]);
}

const HEAD = `# ${GENERATED}
# Who hears what. Read by daprd (1.14 and 1.18) and by the local sidecar alike.
#
# - One subscription a topic and app, without rules: the app itself ignores the types that it does not consume, so that a new
#   event type never needs a change here. Two subscriptions of one app on one topic: daprd keeps the first in silence.
# - deadLetterTopic takes what daprd itself cannot deliver: what is no JSON, what has expired, what an app answers with 404.
#   Without it daprd 1.18 on Redis acknowledges such an event: lost. No app subscribes to it: a subscriber that fails would
#   lose its copy for good.
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
  deadLetterTopic: ${DEAD_LETTERS}
scopes:
  - ${toScalar(app)}
`;

/** What daprd would declare for these subscriptions, and the holder of dead letters. */
function toDefinitions(topics: readonly string[], subscriptions: readonly Subscription[]): string {
  const queues = [...subscriptions, { name: DEAD_LETTERS, topic: DEAD_LETTERS }];
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
  };
  return `${JSON.stringify(definitions, null, 2)}\n`;
}
