import { allowsSending } from "./queue-policy.ts";
import { type Check, isFifo } from "./stack.ts";
import { isTrue, mapIn, UNKNOWN } from "./value.ts";

/** About targets of EventBridge. */
export const targetChecks: readonly Check[] = [
  {
    rule: {
      id: "aws-target-undelivered",
      effect: "loses",
      why: "EventBridge drops what it could not deliver: at once without permission, else after a day or 185 tries",
      source: 'Amazon EventBridge User Guide, "Using dead-letter queues to process undelivered events in EventBridge"',
      fix: "give the target a DeadLetterConfig",
    },
    find: ({ targets }) =>
      targets.flatMap((at) =>
        at.isScheduled || at.properties.DeadLetterConfig !== undefined
          ? []
          : [{ at, what: `${at.id} has no dead letter queue` }],
      ),
  },
  {
    rule: {
      id: "aws-target-refused",
      effect: "loses",
      why: "the queue's policy does not let EventBridge send, which drops the event or its dead letter without a word",
      source:
        'Amazon EventBridge User Guide, "Using resource-based policies for Amazon EventBridge", "Amazon SQS permissions"; "Using dead-letter queues to process undelivered events in EventBridge"',
      fix: "allow events.amazonaws.com sqs:SendMessage, with the rule as aws:SourceArn, in an AWS::SQS::QueuePolicy",
    },
    find: (stack) =>
      stack.targets.flatMap((at) => {
        // With a role it is that which may.
        if (at.properties.RoleArn !== undefined) return [];
        const letters = stack.named(mapIn(at.properties.DeadLetterConfig).Arn);
        return [at.to, letters].flatMap((queue) =>
          queue?.type !== "AWS::SQS::Queue" || allowsSending(stack, { queue, from: "events" })
            ? []
            : [{ at, what: `${at.id} may not send to ${queue.id}` }],
        );
      }),
  },
  {
    rule: {
      id: "aws-target-fifo",
      effect: "loses",
      why: "EventBridge gives no deduplication id, and a message group only where it is told one: the queue refuses its events",
      source:
        'Amazon EventBridge API reference, "SqsParameters": the queue must have content-based deduplication enabled',
      fix: "set ContentBasedDeduplication of the queue, and SqsParameters.MessageGroupId of the target",
    },
    find: ({ targets }) =>
      targets.flatMap((at) => {
        if (at.to?.type !== "AWS::SQS::Queue" || !isFifo(at.to)) return [];
        const { ContentBasedDeduplication: dedup } = at.to.properties;
        const hasGroup = mapIn(at.properties.SqsParameters).MessageGroupId !== undefined;
        if ((isTrue(dedup) || dedup === UNKNOWN) && hasGroup) return [];
        return [
          {
            at,
            what: `${at.id} sends to the FIFO queue ${at.to.id} without ${hasGroup ? "deduplication" : "a message group"}`,
          },
        ];
      }),
  },
];
