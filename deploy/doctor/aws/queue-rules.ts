import type { Found } from "../found.ts";
import type { Check, Mapping } from "./stack.ts";
import { mapIn, numberIn, numberOr } from "./value.ts";

const SQS = "Amazon SQS Developer Guide";
const LAMBDA = "AWS Lambda Developer Guide";
const FOURTEEN_DAYS = 1_209_600;
const FOUR_DAYS = 345_600;
/** What SNS takes if nothing else is said of a topic. */
const SNS_BYTES = 262_144;
const days = (seconds: number) => `${Math.round(seconds / 8640) / 10} days`;
const ofQueues = ({ kind }: Mapping) => kind === "queue";

export const queueChecks: readonly Check[] = [
  {
    rule: {
      id: "aws-visibility",
      effect: "repeats",
      why: "Lambda may be throttled and try again while SQS already gives the message to another invocation",
      source: `${LAMBDA}, "Creating and configuring an Amazon SQS event source mapping": six times the timeout, and the batching window`,
      fix: "raise VisibilityTimeout, or lower the function's Timeout",
    },
    find: ({ mappings }) =>
      mappings.filter(ofQueues).flatMap(({ fn, source, properties }) => {
        const window = numberOr(properties.MaximumBatchingWindowInSeconds, 0);
        const hidden = source && numberOr(source.properties.VisibilityTimeout, 30);
        if (!source || !fn || fn.timeout === undefined || window === undefined || hidden === undefined) return [];
        const least = 6 * fn.timeout + window;
        if (hidden >= least) return [];
        return [
          {
            at: source,
            path: ["VisibilityTimeout"],
            what: `${source.id} hides a message for ${hidden} s, ${fn.id} wants ${least} s`,
          },
        ];
      }),
  },
  {
    rule: {
      id: "aws-no-dead-letter-queue",
      effect: "loses",
      why: "a message that always fails comes again until its retention ends, and is gone then",
      source: `${SQS}, "Using dead-letter queues in Amazon SQS"`,
      fix: "give it a RedrivePolicy with a deadLetterTargetArn",
    },
    find: ({ mappings }) =>
      mappings.filter(ofQueues).flatMap((at): readonly Found[] => {
        const { source, isImplicit } = at;
        if (isImplicit)
          return [
            { at, path: ["SqsSubscription"], what: `the queue that SAM makes for ${at.id} has no dead letter queue` },
          ];
        if (!source || source.properties.RedrivePolicy !== undefined) return [];
        return [{ at: source, what: `${source.id} has no dead letter queue` }];
      }),
  },
  {
    rule: {
      id: "aws-max-receive-count",
      effect: "stalls",
      why: "a receive that is throttled counts as well, so that good messages end among the dead letters and wait for a person",
      source: `${LAMBDA}, "Creating and configuring an Amazon SQS event source mapping": maxReceiveCount at least 5`,
      fix: "set maxReceiveCount to 5 or more",
    },
    find: ({ mappings }) =>
      mappings.filter(ofQueues).flatMap(({ source }) => {
        const count = numberIn(mapIn(source?.properties.RedrivePolicy).maxReceiveCount);
        if (!source || count === undefined || count >= 5) return [];
        return [
          {
            at: source,
            path: ["RedrivePolicy", "maxReceiveCount"],
            what: `${source.id} gives up after ${count} receives`,
          },
        ];
      }),
  },
  {
    rule: {
      id: "aws-expires-before-letter",
      effect: "loses",
      why: "a message that fails is gone before it has been received often enough to become a dead letter",
      source: `${SQS}, "Amazon SQS visibility timeout"; API reference, "SetQueueAttributes", MessageRetentionPeriod`,
      fix: "raise MessageRetentionPeriod above maxReceiveCount times VisibilityTimeout",
    },
    find: ({ mappings }) =>
      mappings.filter(ofQueues).flatMap(({ source }) => {
        if (!source) return [];
        const kept = numberOr(source.properties.MessageRetentionPeriod, FOUR_DAYS);
        const hidden = numberOr(source.properties.VisibilityTimeout, 30);
        const count = numberIn(mapIn(source.properties.RedrivePolicy).maxReceiveCount);
        if (kept === undefined || hidden === undefined || count === undefined || kept > hidden * count) return [];
        const what = `${source.id} keeps for ${kept} s what it gives up after ${hidden * count} s`;
        return [{ at: source, path: ["MessageRetentionPeriod"], what }];
      }),
  },
  {
    rule: {
      id: "aws-letters-expire",
      effect: "loses",
      why: "a letter keeps the age that it had in its first queue, and is gone at the end of the retention, read or not",
      source: `${SQS}, "Using dead-letter queues in Amazon SQS", "Understanding message retention periods for dead-letter queues"`,
      fix: "set MessageRetentionPeriod of the dead letter queue to 1209600, the longest that there is",
    },
    find: ({ holders, queues, named }) =>
      [...holders].flatMap((holder) => {
        const kept = numberOr(holder.properties.MessageRetentionPeriod, FOUR_DAYS);
        if (kept === undefined || kept >= FOURTEEN_DAYS) return [];
        const older = queues.find(
          ({ properties }) =>
            named(mapIn(properties.RedrivePolicy).deadLetterTargetArn) === holder &&
            (numberOr(properties.MessageRetentionPeriod, FOUR_DAYS) ?? 0) >= kept,
        );
        const compared = older ? `, not longer than ${older.id}` : "";
        return [
          {
            at: holder,
            path: ["MessageRetentionPeriod"],
            what: `${holder.id} keeps letters for ${days(kept)}${compared}`,
          },
        ];
      }),
  },
  {
    rule: {
      id: "aws-two-consumers",
      effect: "loses",
      why: "a queue gives a message to one of them, and the other never sees it",
      source: `${SQS}, "Amazon SQS queue types"; Amazon SNS Developer Guide, "Fanout to Amazon SQS queues"`,
      fix: "give each function a queue of its own, and subscribe both to the topic",
    },
    find: ({ queues, mappings }) =>
      queues.flatMap((queue) => {
        const readers = new Set(mappings.flatMap(({ source, fn }) => (source === queue && fn ? [fn.id] : [])));
        return readers.size < 2 ? [] : [{ at: queue, what: `${queue.id} is read by ${[...readers].join(" and ")}` }];
      }),
  },
  {
    rule: {
      id: "aws-queue-size",
      effect: "loses",
      why: "SNS does not try again what is too large for a queue",
      source:
        'Amazon SNS Developer Guide, "Amazon SNS dead-letter queues", "Client-side errors"; quotas of Amazon SNS: 256 KiB',
      fix: "set MaximumMessageSize of the queue to 1048576, or leave it out",
    },
    find: ({ subscriptions, holders, queues }) => {
      const fed = new Set(subscriptions.flatMap(({ endpoint }) => endpoint ?? []));
      return queues.flatMap((queue) => {
        const size = numberIn(queue.properties.MaximumMessageSize);
        if (size === undefined || size >= SNS_BYTES || !(fed.has(queue) || holders.has(queue))) return [];
        return [
          {
            at: queue,
            path: ["MaximumMessageSize"],
            what: `${queue.id} takes ${size} bytes, and a topic ${SNS_BYTES}`,
          },
        ];
      });
    },
  },
];
