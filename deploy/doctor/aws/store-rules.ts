import type { Resource } from "./resource.ts";
import type { Check, Stack } from "./stack.ts";
import { isTrue, listIn, mapIn, UNKNOWN, type Values } from "./value.ts";

/** Tables that functions of ours keep their ledger in. */
const ledgersOf = ({ functions, named }: Stack): readonly Resource[] => [
  ...new Set(functions.flatMap(({ variables }) => named(variables.LEDGER_TABLE, "dynamodb") ?? [])),
];

interface Alarmed {
  readonly at: Resource;
  readonly queue: Resource | undefined;
  readonly metric: string;
}

function alarmsOf({ all, named }: Stack): readonly Alarmed[] {
  return all("AWS::CloudWatch::Alarm").flatMap((at) =>
    [
      at.properties,
      ...listIn(at.properties.Metrics).map((each) => mapIn(mapIn(mapIn(each).MetricStat).Metric)),
    ].flatMap(({ MetricName, Dimensions }: Values) =>
      typeof MetricName !== "string"
        ? []
        : listIn(Dimensions).map((dimension) => ({
            at,
            queue: named(mapIn(dimension).Value, "sqs"),
            metric: MetricName,
          })),
    ),
  );
}

export const storeChecks: readonly Check[] = [
  {
    rule: {
      id: "aws-letters-unwatched",
      effect: "loses",
      why: "nobody hears of dead letters, and when their retention ends they are gone",
      source: 'Amazon SQS Developer Guide, "Creating alarms for dead-letter queues using Amazon CloudWatch"',
      fix: "make an alarm on ApproximateNumberOfMessagesVisible of the dead letter queue above 0",
    },
    find: (stack) => {
      const watched = new Set(alarmsOf(stack).map(({ queue }) => queue));
      return [...stack.holders].flatMap((at) => (watched.has(at) ? [] : [{ at, what: `${at.id} has no alarm` }]));
    },
  },
  {
    rule: {
      id: "aws-alarm-blind",
      effect: "loses",
      why: "what SQS moves to a dead letter queue by itself is not counted as sent: the alarm never fires",
      source:
        'Amazon SQS Developer Guide, "Available CloudWatch metrics for Amazon SQS"; "Creating alarms for dead-letter queues using Amazon CloudWatch"',
      fix: "take ApproximateNumberOfMessagesVisible",
    },
    find: (stack) =>
      alarmsOf(stack).flatMap(({ at, queue, metric }, _, all) =>
        queue &&
        stack.holders.has(queue) &&
        metric === "NumberOfMessagesSent" &&
        // Beside a metric that counts what lies there it is no fault.
        !all.some((each) => each.at === at && each.queue === queue && each.metric !== metric)
          ? [{ at, path: ["MetricName"], what: `${at.id} watches NumberOfMessagesSent of ${queue.id}` }]
          : [],
      ),
  },
  {
    rule: {
      id: "aws-ledger-without-ttl",
      effect: "exposes",
      why: "what is kept of events, customers' data among it, stays for ever, and the table grows with each event",
      source:
        'Amazon DynamoDB Developer Guide, "Using time to live (TTL) in DynamoDB"; adapters/lambda/README.md: LEDGER_TABLE',
      fix: "set TimeToLiveSpecification to the attribute expires",
    },
    find: (stack) =>
      ledgersOf(stack).flatMap((at) => {
        const { AttributeName, Enabled } = mapIn(at.properties.TimeToLiveSpecification);
        if (AttributeName === UNKNOWN || (AttributeName === "expires" && Enabled !== false && Enabled !== "false"))
          return [];
        return [
          { at, path: ["TimeToLiveSpecification"], what: `${at.id} has no time to live by the attribute expires` },
        ];
      }),
  },
  {
    rule: {
      id: "aws-ledger-without-recovery",
      effect: "loses",
      why: "state that is overwritten or deleted by mistake cannot be brought back, and nobody remembers which events were handled",
      source: 'Amazon DynamoDB Developer Guide, "Point-in-time backups for DynamoDB"',
      fix: "set PointInTimeRecoveryEnabled to true",
    },
    find: (stack) =>
      ledgersOf(stack).flatMap((at) => {
        const { PointInTimeRecoveryEnabled: enabled } = mapIn(at.properties.PointInTimeRecoverySpecification);
        return isTrue(enabled) || enabled === UNKNOWN ? [] : [{ at, what: `${at.id} has no point-in-time recovery` }];
      }),
  },
  {
    rule: {
      id: "aws-ledger-deleted",
      effect: "loses",
      why: "the ledger goes with its stack: all state, what was not yet said, and what is known of events that were handled",
      source: 'AWS CloudFormation User Guide, "DeletionPolicy attribute"',
      fix: "set DeletionPolicy and UpdateReplacePolicy to Retain",
    },
    find: (stack) =>
      ledgersOf(stack).flatMap((at) =>
        at.deletionPolicy === undefined || at.deletionPolicy === "Delete"
          ? [{ at, what: `${at.id} is deleted with the stack` }]
          : [],
      ),
  },
];
