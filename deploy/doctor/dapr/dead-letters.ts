import { type Deployment, type DeploymentRule, pubsubOf, type Subscription, toName } from "../deployment.ts";

/** Brokers that throw away what is published to a topic that nobody has subscribed to. */
const FORGETFUL = new Set([
  ...["pubsub.rabbitmq", "pubsub.gcp.pubsub", "pubsub.aws.snssqs", "pubsub.azure.servicebus.topics"],
  ...["pubsub.mqtt3", "pubsub.in-memory"],
]);

/** Rules about what becomes of what nobody can handle. */
export const deadLetters: readonly DeploymentRule[] = [
  {
    id: "subscription-without-dead-letter-topic",
    effect: "loses",
    why: "what a sidecar cannot deliver, since it is no JSON, has expired or was answered 404, is acknowledged and gone; Kafka's partition waits for it for ever",
    source: "docs.dapr.io, Dead letter topics; seen on daprd 1.14 and 1.18.3",
    fix: "name a deadLetterTopic, and what holds it",
    *find(deployment) {
      for (const each of deployment.subscriptions)
        if (each.deadLetterTopic === undefined && !isHolder(deployment, each))
          yield { at: each.resource.at("spec", "topic"), what: `${toName(each.resource)} has no dead letter topic` };
    },
  },
  {
    id: "dead-letter-topic-without-holder",
    effect: "loses",
    why: "this broker throws away what is published to a topic that nobody holds: each dead letter is lost",
    source: "deploy/dapr/README.md",
    fix: "before the first event flows make what holds it (RabbitMQ: a durable queue bound to its exchange, Pub/Sub: a pull subscription, SNS: a queue) and say so by an annotation, or subscribe an app to it",
    *find(deployment) {
      const told = new Set<string>();
      for (const { resource, deadLetterTopic: topic, pubsub, scopes } of deployment.subscriptions) {
        const component = pubsubOf(deployment, { pubsub, scopes });
        if (topic === undefined || !component || !FORGETFUL.has(component.type)) continue;
        const isHeld = deployment.subscriptions.some((each) => each.topic === topic && each.pubsub === pubsub);
        if (isHeld || told.has(`${pubsub} ${topic}`)) continue;
        told.add(`${pubsub} ${topic}`);
        yield {
          at: component.at(),
          what: `nothing here holds ${topic} of ${component.name} (${component.type}), where ${toName(resource)} puts dead letters`,
        };
      }
    },
  },
  {
    id: "dead-letters-to-itself",
    effect: "repeats",
    why: "what fails is published to the same topic, and fails there again without end, for all that hear it",
    source: "docs.dapr.io, Dead letter topics",
    fix: "a topic of its own for dead letters",
    *find({ subscriptions }) {
      for (const { resource, topic, deadLetterTopic } of subscriptions)
        if (topic === deadLetterTopic)
          yield {
            at: resource.at("spec", "deadLetterTopic"),
            what: `${toName(resource)} puts dead letters on its own topic`,
          };
    },
  },
];

/** Whether it hears what others could not handle: its own dead letters would go round in a ring. */
const isHolder = ({ subscriptions }: Deployment, { topic, pubsub }: Subscription): boolean =>
  subscriptions.some((other) => other.deadLetterTopic === topic && other.pubsub === pubsub);
