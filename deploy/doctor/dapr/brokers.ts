import { isInScope } from "../../../adapters/local/scopes.ts";
import { type Component, type Deployment, type DeploymentRule, hearersOf } from "../deployment.ts";
import { isTruthy } from "../shape.ts";
import { heard } from "./retries.ts";
import { on, setting } from "./setting.ts";

const RABBITMQ = "dapr/components-contrib, pubsub/rabbitmq/metadata.go";
const KAFKA = "dapr/components-contrib, common/component/kafka";
const SQS = "dapr/components-contrib, pubsub/aws/snssqs/metadata.go";

/** Rules about components, by broker. */
export const brokers: readonly DeploymentRule[] = [
  setting({
    id: "rabbitmq-not-durable",
    effect: "loses",
    why: "queues and exchanges are gone when the broker restarts, and all that waits in them",
    source: RABBITMQ,
    fix: 'durable: "true"',
    ...on("rabbitmq", "durable", (value) => value !== undefined && !isTruthy(value)),
  }),
  setting({
    id: "rabbitmq-deleted-when-unused",
    effect: "loses",
    why: "by default the broker deletes a queue whose last consumer goes away, at each deployment of one pod, with all that waits in it",
    source: RABBITMQ,
    fix: 'deletedWhenUnused: "false"',
    ...on("rabbitmq", "deletedWhenUnused", (value) => value === undefined || isTruthy(value)),
  }),
  setting({
    id: "rabbitmq-transient-messages",
    effect: "loses",
    why: "by default messages live in memory: a durable queue is empty after the broker restarts",
    source: RABBITMQ,
    fix: 'deliveryMode: "2"',
    ...on("rabbitmq", "deliveryMode", (value) => value !== "2"),
  }),
  setting({
    id: "rabbitmq-unconfirmed",
    effect: "loses",
    why: "by default daprd answers 204 to a publish before the broker has it",
    source: RABBITMQ,
    fix: 'publisherConfirm: "true"',
    ...on("rabbitmq", "publisherConfirm", (value) => !isTruthy(value)),
  }),
  setting({
    id: "rabbitmq-not-requeued",
    effect: "loses",
    why: "by default a delivery that fails for good, and whose dead letter cannot be published, is thrown away",
    source: `${RABBITMQ}; seen on daprd 1.14 and 1.18.3`,
    fix: 'requeueInFailure: "true"',
    ...on("rabbitmq", "requeueInFailure", (value) => !isTruthy(value)),
  }),
  setting({
    id: "rabbitmq-auto-ack",
    effect: "loses",
    why: "the broker forgets a message when it has sent it: what a sidecar or an app that crashes had in hand is gone",
    source: RABBITMQ,
    fix: 'autoAck: "false", or leave it out',
    ...on("rabbitmq", "autoAck", isTruthy),
  }),
  {
    id: "rabbitmq-cut-queue",
    effect: "loses",
    why: "a queue that is full drops its oldest messages, and one that is old enough drops itself: what waits for an app that is away is gone",
    source: `${RABBITMQ}; rabbitmq.com, Queue Length Limit`,
    fix: "leave it out",
    *find({ components }) {
      for (const each of components.filter(({ type }) => type === "pubsub.rabbitmq"))
        for (const name of ["maxLen", "maxLenBytes", "ttlInSeconds"])
          if (each.has(name) && each.metadata.get(name) !== "0")
            yield { at: each.at(name), what: `${each.name} has ${name}` };
    },
  },
  setting({
    id: "kafka-unescaped-headers",
    effect: "stalls",
    why: "a record of another producer whose header or key is no text may fail before its app hears of it, and holds up its partition",
    source: KAFKA,
    fix: 'escapeHeaders: "true" (1.14 ignores it)',
    ...on("kafka", "escapeHeaders", (value) => !isTruthy(value)),
  }),
  setting({
    id: "kafka-no-retries",
    effect: "loses",
    why: "a delivery that fails is skipped: its offset is committed with that of the next",
    source: KAFKA,
    fix: 'consumeRetryEnabled: "true"',
    ...on("kafka", "consumeRetryEnabled", (value) => value !== undefined && !isTruthy(value)),
  }),
  {
    id: "kafka-retries-end",
    effect: "loses",
    why: "retries of the component that end skip the event: exponential ones do after 15 minutes unless told otherwise",
    source: `${KAFKA}; dapr/kit, retry.go`,
    fix: 'backOffPolicy: constant, backOffMaxRetries: "-1"',
    *find({ components }) {
      for (const each of components.filter(({ type }) => type === "pubsub.kafka")) {
        const most = each.metadata.get("backOffMaxRetries");
        if (most !== undefined && !most.startsWith("-"))
          yield { at: each.at("backOffMaxRetries"), what: `${each.name} has backOffMaxRetries ${most}` };
        const elapsed = each.metadata.get("backOffMaxElapsedTime");
        if (each.metadata.get("backOffPolicy") === "exponential" && !/^0+\D*$/.test(elapsed ?? ""))
          yield { at: each.at("backOffPolicy"), what: `${each.name} has backOffPolicy exponential` };
      }
    },
  },
  setting({
    id: "kafka-newest-offset",
    effect: "loses",
    why: "by default a consumer group that is new, or whose offset has expired, skips all that was said before",
    source: KAFKA,
    fix: "initialOffset: oldest",
    ...on("kafka", "initialOffset", (value) => value?.toLowerCase() !== "oldest"),
  }),
  {
    id: "sqs-deleted-at-limit",
    effect: "loses",
    why: "without a queue for them daprd deletes messages unprocessed when they come for the tenth time, or as messageRetryLimit says",
    source: SQS,
    fix: "sqsDeadLettersQueueName with messageReceiveLimit below messageRetryLimit; or disableDeleteOnRetryLimit",
    *find({ components }) {
      for (const each of components.filter(({ type }) => type === "pubsub.aws.snssqs"))
        if (!each.has("sqsDeadLettersQueueName") && !isTruthy(each.metadata.get("disableDeleteOnRetryLimit")))
          yield {
            at: each.at(),
            what: `${each.name} has neither sqsDeadLettersQueueName nor disableDeleteOnRetryLimit`,
          };
    },
  },
  {
    id: "sqs-visibility-short",
    effect: "repeats",
    why: "SQS gives a message to somebody else while it is still handled here: two copies run at once",
    source: `${SQS}: 10 s by default`,
    fix: "messageVisibilityTimeout in seconds, longer than all tries of one delivery with their pauses",
    *find(deployment) {
      for (const { pubsub: each, inbound } of heard(deployment)) {
        if (each.type !== "pubsub.aws.snssqs" || !inbound.timeout) continue;
        const seconds = Number(each.metadata.get("messageVisibilityTimeout") ?? 10);
        if (seconds * 1_000 < inbound.timeout.ms)
          yield {
            at: each.at("messageVisibilityTimeout"),
            what: `${each.name} waits ${seconds} s for a delivery, of which one try may take ${inbound.timeout.ms / 1_000} s`,
          };
      }
    },
  },
  {
    id: "in-memory-component",
    effect: "loses",
    why: "it lives in one sidecar: nobody else hears what is said there, and all is gone when it ends",
    source: "docs.dapr.io, In-memory pub/sub and state store",
    fix: "a broker or a store that lasts",
    *find({ components }) {
      for (const { type, name, resource } of components)
        if (/^(pubsub|state)\.in-memory$/.test(type))
          yield { at: resource.at("spec", "type"), what: `${name} is in memory` };
    },
  },
  {
    id: "consumer-id-per-pod",
    effect: "repeats",
    why: "each pod is a consumer of its own: all replicas handle every event, and what waits for a pod that is gone is never read",
    source: "docs.dapr.io, pub/sub consumerID and its placeholders",
    fix: "leave consumerID out: it is the app id then",
    *find({ components }) {
      for (const each of components)
        if (each.type.startsWith("pubsub.") && /\{(podName|uuid)\}/.test(each.metadata.get("consumerID") ?? ""))
          yield { at: each.at("consumerID"), what: `${each.name} has consumerID ${each.metadata.get("consumerID")}` };
    },
  },
  {
    id: "consumer-id-shared",
    effect: "loses",
    why: "apps of one consumer id, or of one consumer group of Kafka, compete: of each event only one of them hears",
    source: "docs.dapr.io, pub/sub consumerID; Apache Kafka, consumerGroup",
    fix: "leave consumerID and consumerGroup out: it is the app id then",
    *find(deployment) {
      for (const each of deployment.components.filter(({ type }) => type.startsWith("pubsub."))) {
        const setting = each.type === "pubsub.kafka" && each.has("consumerGroup") ? "consumerGroup" : "consumerID";
        const id = each.metadata.get(setting);
        if (id === undefined || id.includes("{")) continue;
        const sharing = sharingOf(deployment, each);
        if (sharing.length > 1)
          yield { at: each.at(setting), what: `${each.name} makes one consumer ${id} of ${sharing.join(", ")}` };
      }
    },
  },
  {
    id: "component-ignores-errors",
    effect: "stalls",
    why: "a sidecar that does not reach its broker at the start goes on without it: publishing answers 404, subscriptions never come",
    source: "seen on daprd 1.14 and 1.18.3",
    fix: "leave ignoreErrors out: the sidecar is started again until the broker is there",
    *find({ components }) {
      for (const { resource, name, type } of components)
        if (
          /^(pubsub|state)\./.test(type) &&
          (resource.value.spec as { ignoreErrors?: unknown })?.ignoreErrors === true
        )
          yield { at: resource.at("spec", "ignoreErrors"), what: `${name} has ignoreErrors` };
    },
  },
];

/** Apps that hear one topic of the component; where no subscription is declared, all that may by their code: they have a port. */
function sharingOf(deployment: Deployment, { name, scopes }: Component): readonly string[] {
  const { apps, subscriptions } = deployment;
  if (subscriptions.length === 0)
    return apps.filter((app) => app.told("app-port") !== undefined && isInScope(scopes, app.id)).map(({ id }) => id);
  const topics = Map.groupBy(
    subscriptions.filter(({ pubsub }) => pubsub === name),
    ({ topic }) => topic,
  );
  return [...topics.values()]
    .map((each) => [...new Set(each.flatMap((one) => hearersOf(deployment, one)))])
    .reduce((most, one) => (one.length > most.length ? one : most), []);
}
