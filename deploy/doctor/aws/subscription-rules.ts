import type { System } from "../../../functions/kernel/system.ts";
import { allowsSending } from "./queue-policy.ts";
import type { Check, Stack, Subscription } from "./stack.ts";
import { listIn, mapIn, type Value } from "./value.ts";

const SNS = "Amazon SNS Developer Guide";
/** Of CloudEvents, in a body of its JSON format. */
const CLOUDEVENTS = ["type", "source", "id", "subject", "specversion", "time", "dataschema"];

const filterOf = ({ properties }: Subscription) => mapIn(properties.FilterPolicy);
const isOfBody = ({ properties }: Subscription) => properties.FilterPolicyScope === "MessageBody";
const letsMissing = (alternatives: Value): boolean => listIn(alternatives).some((each) => mapIn(each).exists === false);
const toQueues = ({ subscriptions }: Stack) =>
  subscriptions.filter(({ endpoint }) => endpoint?.type === "AWS::SQS::Queue");

/** Whether a type passes; an operator that is not known here is taken to let it. */
function passes(type: string, alternatives: Value): boolean {
  return listIn(alternatives).some((each) => {
    if (typeof each !== "object" || each === null) return each === type;
    const { prefix, suffix, exists, "anything-but": others } = mapIn(each);
    if (others !== undefined && (typeof others === "string" || Array.isArray(others)))
      return !listIn(typeof others === "string" ? [others] : others).includes(type);
    if (exists !== undefined) return exists === true;
    if (typeof prefix === "string") return type.startsWith(prefix);
    return typeof suffix === "string" ? type.endsWith(suffix) : true;
  });
}

/** The types that are missing in a filter before a function's queue. */
function missing(system: System<never>, { topic, endpoint, properties }: Subscription): readonly string[] {
  const alternatives = mapIn(properties.FilterPolicy).type;
  const nameOf = (value: Value) => (typeof value === "string" ? value : "");
  const queue = nameOf(endpoint?.properties.QueueName);
  const from = nameOf(topic?.properties.TopicName);
  const ends = (whole: string, end: string) => whole === end || whole.endsWith(`-${end}`);
  // Of two functions whose names end alike, the longer is meant.
  const fn = system.functions
    .filter(({ name }) => ends(queue, name))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
  if (!fn || alternatives === undefined) return [];
  return [...fn.definition.on].flatMap(([type, { event }]) =>
    event.topic !== undefined && ends(from, event.topic) && !passes(type, alternatives) ? type : [],
  );
}

export const subscriptionChecks: readonly Check[] = [
  {
    rule: {
      id: "aws-filter-body",
      effect: "loses",
      why: "SNS drops what is no JSON before it looks at any condition, and what has no type where no condition lets it pass: it is nobody's dead letter",
      source: `${SNS}, "Monitoring Amazon SNS topics using CloudWatch", NumberOfNotificationsFilteredOut-InvalidMessageBody`,
      fix: 'filter by the attribute type, which the functions say beside each event: {"exists": false} and anything-but what is not consumed',
    },
    find: (stack) =>
      toQueues(stack).flatMap((subscription) =>
        subscription.properties.FilterPolicy !== undefined && isOfBody(subscription)
          ? [{ at: subscription, path: ["FilterPolicyScope"], what: `${subscription.id} filters by the body` }]
          : [],
      ),
  },
  {
    rule: {
      id: "aws-filter-type-missing",
      effect: "loses",
      why: "the function consumes that type, and SNS drops its events before the queue",
      source: `${SNS}, "Amazon SNS message filtering"`,
      fix: "let it pass, wait 15 minutes until SNS does so everywhere, and only then deploy the function (deploy/aws/README.md)",
    },
    find: (stack, system) =>
      !system
        ? []
        : toQueues(stack).flatMap((subscription) =>
            missing(system, subscription).map((type) => ({
              ...{ at: subscription, path: ["FilterPolicy", "type"] },
              what: `${subscription.id} drops ${type}`,
            })),
          ),
  },
  {
    rule: {
      id: "aws-filter-scope",
      effect: "loses",
      why: "SNS looks at message attributes, which events need not have that others publish, Dapr's among them, and drops those without",
      source: `${SNS}, "Amazon SNS message filtering", "Subscription filter policy scope"`,
      fix: 'let {"exists": false} pass as well',
    },
    find: (stack) =>
      stack.subscriptions.flatMap((subscription) => {
        const named = Object.entries(filterOf(subscription)).find(
          ([key, value]) => CLOUDEVENTS.includes(key) && !letsMissing(value),
        );
        const { FilterPolicyScope: scope } = subscription.properties;
        if (!named || (scope !== undefined && scope !== "MessageAttributes")) return [];
        return [
          { at: subscription, path: ["FilterPolicy"], what: `${subscription.id} filters by the attribute ${named[0]}` },
        ];
      }),
  },
  {
    rule: {
      id: "aws-undelivered",
      effect: "loses",
      why: "SNS discards what it cannot deliver: at once where the queue is gone or its policy refuses, else when its retries end",
      source: `${SNS}, "Amazon SNS dead-letter queues"`,
      fix: "give the subscription a RedrivePolicy",
    },
    find: ({ subscriptions, holders }) =>
      subscriptions.flatMap((subscription) => {
        const { endpoint, protocol, properties } = subscription;
        if (protocol !== "sqs" && protocol !== "lambda") return [];
        // The last holder has nowhere else to go.
        if (properties.RedrivePolicy !== undefined || (endpoint && holders.has(endpoint))) return [];
        return [{ at: subscription, what: `${subscription.id} has no dead letter queue` }];
      }),
  },
  {
    rule: {
      id: "aws-sender-refused",
      effect: "loses",
      why: "the queue's policy does not let the topic send, which SNS takes for an error that no retry can help",
      source: `${SNS}, "Subscribing an Amazon SQS queue to an Amazon SNS topic"; "Amazon SNS dead-letter queues", "Client-side errors"`,
      fix: "allow sns.amazonaws.com sqs:SendMessage, with the topic as aws:SourceArn, in an AWS::SQS::QueuePolicy",
    },
    find: (stack) =>
      toQueues(stack).flatMap((subscription) => {
        const { topic, endpoint, properties } = subscription;
        const letters = stack.named(mapIn(properties.RedrivePolicy).deadLetterTargetArn);
        return [endpoint, letters].flatMap((queue) => {
          if (!queue || !topic || allowsSending(stack, { queue, from: topic })) return [];
          return [{ at: subscription, what: `${topic.id} may not send to ${queue.id}` }];
        });
      }),
  },
  {
    rule: {
      id: "aws-queue-key",
      effect: "loses",
      why: "the policy of that key is AWS's and lets no service in, so that SNS cannot deliver to the queue",
      source:
        'Amazon SQS Developer Guide, "Amazon SQS key management", "Enable compatibility between event sources from AWS services and encrypted queues"',
      fix: "take SqsManagedSseEnabled, or a key of your own that lets sns.amazonaws.com in",
    },
    find: (stack) =>
      [...new Set(toQueues(stack).map(({ endpoint }) => endpoint))].flatMap((queue) => {
        const key = queue?.properties.KmsMasterKeyId;
        if (!queue || typeof key !== "string" || !key.endsWith("alias/aws/sqs")) return [];
        return [
          {
            at: queue,
            path: ["KmsMasterKeyId"],
            what: `${queue.id} is encrypted with alias/aws/sqs and hears a topic`,
          },
        ];
      }),
  },
];
