import { type Deployment, type DeploymentRule, pubsubOf, type Subscription, toName } from "../deployment.ts";

/** Brokers that throw away what is published to a topic that nobody has subscribed to. */
const FORGETFUL: Readonly<Record<string, string>> = {
  "pubsub.rabbitmq": "import a durable queue bound to its exchange (deploy/dapr/brokers/rabbitmq/definitions.json)",
  "pubsub.gcp.pubsub": "make a pull subscription on it",
  "pubsub.aws.snssqs": "subscribe a queue to it",
  "pubsub.azure.servicebus.topics": "make a subscription on it",
  "pubsub.mqtt3": "subscribe a client with a session that lasts",
  "pubsub.in-memory": "use a broker",
};

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
    fix: `before the first event flows give the topic a holder, by broker: ${Object.entries(FORGETFUL)
      .map(([type, how]) => `${type.replace("pubsub.", "")}: ${how}`)
      .join("; ")}; or subscribe an app to it. What is held elsewhere is said by an annotation: README.md`,
    *find(deployment) {
      const told = new Set<string>();
      for (const { resource, deadLetterTopic: topic, pubsub, scopes } of deployment.subscriptions) {
        const component = pubsubOf(deployment, { pubsub, scopes });
        if (topic === undefined || !component || !Object.hasOwn(FORGETFUL, component.type)) continue;
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
