import type { Check } from "./stack.ts";
import { isTrue, mapIn, numberIn, numberOr, UNKNOWN } from "./value.ts";

const LAMBDA = "AWS Lambda Developer Guide";

export const streamChecks: readonly Check[] = [
  {
    rule: {
      id: "aws-stream-discards",
      effect: "loses",
      why: "what fails until its retries or the stream's retention end is skipped, and nothing tells which records those were",
      source: `${LAMBDA}, "Retain discarded batch records for a Kinesis Data Streams event source in Lambda"`,
      fix: "set DestinationConfig.OnFailure: S3 takes the records, SQS and SNS only where they were",
    },
    find: ({ mappings }) =>
      mappings.flatMap((at) => {
        const { DestinationConfig } = at.properties;
        if (at.kind !== "stream" || DestinationConfig === UNKNOWN || mapIn(DestinationConfig).OnFailure !== undefined)
          return [];
        return [{ at, what: `${at.id} has no destination for failures` }];
      }),
  },
  {
    rule: {
      id: "aws-stream-batch",
      effect: "loses",
      why: "when retries end, one bad record takes the whole batch with it",
      source: `${LAMBDA}, "Using Lambda to process records from Amazon Kinesis Data Streams"; parameters: BisectBatchOnFunctionError`,
      fix: "set BisectBatchOnFunctionError to true",
    },
    find: ({ mappings }) =>
      mappings.flatMap((at) => {
        const { MaximumRetryAttempts, MaximumRecordAgeInSeconds, BisectBatchOnFunctionError: bisects } = at.properties;
        const ends = [MaximumRetryAttempts, MaximumRecordAgeInSeconds].some((value) => (numberIn(value) ?? -1) >= 0);
        if (at.kind !== "stream" || !ends || isTrue(bisects) || bisects === UNKNOWN) return [];
        return [{ at, what: `${at.id} gives up whole batches` }];
      }),
  },
  {
    rule: {
      id: "aws-stream-blocks",
      effect: "stalls",
      why: "a batch that always fails holds up its shard until the records expire, a day at least, and then others expire behind it",
      source: `${LAMBDA}, "Using Lambda to process records from Amazon Kinesis Data Streams"; parameters: -1 is infinite`,
      fix: "set MaximumRetryAttempts or MaximumRecordAgeInSeconds, with a destination for failures",
    },
    find: ({ mappings }) =>
      mappings.flatMap((at) => {
        const { MaximumRetryAttempts, MaximumRecordAgeInSeconds } = at.properties;
        const isEndless = [MaximumRetryAttempts, MaximumRecordAgeInSeconds].every(
          (value) => numberOr(value, -1) === -1,
        );
        return at.kind === "stream" && isEndless ? [{ at, what: `${at.id} retries without end` }] : [];
      }),
  },
  {
    rule: {
      id: "aws-stream-latest",
      effect: "loses",
      why: "polling begins some minutes after the mapping is made, and what came before that is never read",
      source: `${LAMBDA}, "Polling and stream starting positions"`,
      fix: "set StartingPosition to TRIM_HORIZON or AT_TIMESTAMP",
    },
    find: ({ mappings }) =>
      mappings.flatMap((at) =>
        at.properties.StartingPosition === "LATEST"
          ? [{ at, path: ["StartingPosition"], what: `${at.id} starts at LATEST` }]
          : [],
      ),
  },
];
