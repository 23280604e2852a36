import { createHash, randomUUID } from "node:crypto";
import { TOPIC } from "../conformance/handlers.ts";
import { createHost, type Host, type Sending, type Verdict } from "../conformance/host.ts";
import { createConsumer, MAX_EVENT_BYTES } from "./receive.ts";

/** How a message reaches a function behind one trigger, and how Lambda takes its answer. */
export interface TriggerForm {
  readonly name: string;
  readonly lacks: Host["lacks"];
  /** out: the invocation's event */
  readonly wrap: (message: Sending) => object;
  readonly judge: (answer: Promise<unknown>) => Promise<Verdict>;
}

const ARN = "arn:aws:service:eu-west-1:123456789012:";
const RECORD_ID = "record-1";

const LACKS = {
  "record-headers": "they are the business of the Dapr app",
  bulk: "it is the business of the Dapr app",
  token: "Lambda lets in whom IAM names before the function is asked",
  "graceful-stop": "Lambda ends no function while it works, but for its timeout: batch.test.ts",
} as const;
const TEXT = {
  "any-bytes": "bodies are text: bytes travel in data_base64",
  "http-headers": "attributes are plain text, never percent-encoded: carrier.test.ts",
} as const;

/** Failures of a batch are reported, and only those. */
const judgeBatch = async (answer: Promise<unknown>): Promise<Verdict> => {
  const { batchItemFailures } = (await answer) as { batchItemFailures: { itemIdentifier: string }[] };
  const ids = batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  if (ids.some((id) => id !== RECORD_ID)) throw new Error(`Lambda would take ${ids.join()} for a failure of the batch`);
  return ids.length > 0 ? "again" : "done";
};

/** Whatever is thrown comes again. */
const judgeThrow = (answer: Promise<unknown>): Promise<Verdict> =>
  answer.then(
    () => "done" as const,
    () => "again" as const,
  );

const textOf = ({ body }: Sending): string => Buffer.from(body).toString("utf8");

const attributesOf = ({ headers }: Sending, toAttribute: (value: string) => object) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, toAttribute(String(value))]));

const sqsRecord = (body: string, messageAttributes: object = {}) => ({
  Records: [
    {
      messageId: RECORD_ID,
      receiptHandle: "handle",
      body,
      attributes: {
        ApproximateReceiveCount: "1",
        SentTimestamp: "1764000000000",
        SenderId: "sender",
        ApproximateFirstReceiveTimestamp: "1764000000000",
      },
      messageAttributes,
      md5OfBody: createHash("md5").update(body).digest("hex"),
      eventSource: "aws:sqs",
      eventSourceARN: `${ARN}${TOPIC}`,
      awsRegion: "eu-west-1",
    },
  ],
});

const notification = (message: Sending) => ({
  Type: "Notification",
  MessageId: randomUUID(),
  TopicArn: `${ARN}${TOPIC}`,
  Message: textOf(message),
  MessageAttributes: attributesOf(message, (Value) => ({ Type: "String", Value })),
  Timestamp: "2026-11-25T10:00:00.000Z",
});

/** Every trigger, and every carrier of SQS. */
export const forms: readonly TriggerForm[] = [
  {
    name: "SQS",
    lacks: { ...LACKS, ...TEXT },
    wrap: (message) =>
      sqsRecord(
        textOf(message),
        attributesOf(message, (stringValue) => ({ stringValue, dataType: "String" })),
      ),
    judge: judgeBatch,
  },
  {
    name: "SNS in SQS",
    lacks: { ...LACKS, ...TEXT },
    wrap: (message) => sqsRecord(JSON.stringify(notification(message))),
    judge: judgeBatch,
  },
  {
    name: "SNS",
    lacks: { ...LACKS, ...TEXT },
    wrap: (message) => ({
      Records: [
        {
          EventVersion: "1.0",
          EventSource: "aws:sns",
          EventSubscriptionArn: `${ARN}${TOPIC}:1`,
          Sns: notification(message),
        },
      ],
    }),
    judge: judgeThrow,
  },
  {
    name: "Kinesis",
    lacks: {
      ...LACKS,
      "content-type": "a record has no attributes",
      "binary-mode": "a record has no attributes",
      "batch-mode": "a record has no content type",
      "transport-trace": "a record has no attributes",
    },
    wrap: ({ body }) => ({
      Records: [
        {
          eventID: `shardId-0:${RECORD_ID}`,
          eventSource: "aws:kinesis",
          eventSourceARN: `${ARN}stream/${TOPIC}`,
          kinesis: { sequenceNumber: RECORD_ID, partitionKey: "k", data: Buffer.from(body).toString("base64") },
        },
      ],
    }),
    judge: judgeBatch,
  },
];

const INVOCATION = { getRemainingTimeInMillis: () => 30_000 };

/** The handler as Lambda calls it, in this process. */
export const hosts: readonly Host[] = forms.map(({ name, lacks, wrap, judge }) =>
  createHost({
    name: `Lambda, ${name}`,
    maxEventBytes: MAX_EVENT_BYTES,
    lacks,
    serve: async (fn, { ports }) => {
      const handler = createConsumer(fn, ports);
      return {
        // As JSON, as it comes.
        deliver: (message) => judge(handler(JSON.parse(JSON.stringify(wrap(message))), INVOCATION)),
        stop: async () => {},
      };
    },
  }),
);
