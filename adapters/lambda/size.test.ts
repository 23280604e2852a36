import type { KinesisStreamEvent, SNSEvent, SQSEvent } from "aws-lambda";
import { expect, it } from "vitest";
import { createHandlers } from "../conformance/handlers.ts";
import { event } from "../conformance/messages.ts";
import type { TraceEntry } from "../conformance/trace.ts";
import { createMemoryLedger } from "../core/ledger/memory-ledger.ts";
import type { Said } from "../core/relay/publish.ts";
import { createConsumer } from "./receive.ts";

const MIB = 1024 * 1024;
const INVOCATION = { getRemainingTimeInMillis: () => 30_000 };
const ARN = "arn:aws:x:eu-west-1:123456789012:probes";

/** The most that SQS takes, and Kinesis. */
const large = (bytes: number) => {
  const rest = JSON.stringify(event({ id: "large", data: "" })).length;
  return JSON.stringify(event({ id: "large", data: "x".repeat(bytes - rest) }));
};
const small = JSON.stringify(event({ id: "small" }));

const record = (body: string, messageAttributes: object = {}) => ({
  ...{ messageId: body === small ? "small" : "large", body, attributes: {}, messageAttributes },
  ...{ eventSource: "aws:sqs", eventSourceARN: ARN },
});
const sqs = (...records: readonly object[]) => ({ Records: [...records, record(small)] }) as unknown as SQSEvent;
const notification = (Message: string) => ({ Type: "Notification", TopicArn: ARN, Message });
const sns = (Message: string) =>
  ({
    Records: [{ EventSource: "aws:sns", Sns: { ...notification(Message), MessageAttributes: {} } }],
  }) as unknown as SNSEvent;
const kinesis = (...bodies: readonly string[]) =>
  ({
    Records: bodies.map((body) => ({
      ...{ eventSource: "aws:kinesis", eventSourceARN: ARN },
      kinesis: { sequenceNumber: body.slice(0, 9), data: Buffer.from(body).toString("base64") },
    })),
  }) as unknown as KinesisStreamEvent;

const attributes = Object.fromEntries(
  Object.entries(event()).flatMap(([name, value]) =>
    name === "data" ? [] : [[`ce-${name}`, { stringValue: String(value), dataType: "String" }]],
  ),
);
const NONE = { batchItemFailures: [] };

const cases: readonly (readonly [string, SQSEvent | SNSEvent | KinesisStreamEvent, object | undefined, number])[] = [
  ["1 MiB in SQS", sqs(record(large(MIB))), NONE, MIB],
  ["1 MiB in SQS, in binary mode", sqs(record("x".repeat(MIB), attributes)), NONE, MIB],
  ["1 MiB in SQS, in a notification", sqs(record(JSON.stringify(notification(large(MIB - 1_000))))), NONE, MIB - 1_000],
  [
    "1 MiB in SQS, in an event of EventBridge",
    sqs(record(`{"detail-type":"x","detail":${large(MIB - 30)}}`)),
    NONE,
    MIB - 30,
  ],
  ["256 KiB and more in SNS", sns(large(256 * 1024 + 1)), undefined, 256 * 1024 + 1],
  ["10 MiB in Kinesis", kinesis(large(10 * MIB), small), NONE, 10 * MIB],
];

it.each(cases)("%s: a letter that fits, and the record behind it is handled", async (_what, batch, answer, length) => {
  const said: Said[] = [];
  const trace: TraceEntry[] = [];
  const publish = async (events: readonly Said[]) => void said.push(...events);
  const ports = { ledger: createMemoryLedger(), publish, now: Date.now, deadlineMs: 5_000, leaseMs: 10_000 };
  const { works } = createHandlers((entry) => void trace.push(entry));
  expect(await createConsumer(works, ports)(batch, INVOCATION)).toEqual(answer);
  const [letter, ...more] = said.map(({ body }) => ({ bytes: Buffer.byteLength(body), ...JSON.parse(body) }));
  expect(more).toEqual([]);
  expect([letter.deadcode, letter.deadtopic, Number(letter.deadlength)]).toEqual(["size", "probes", length]);
  expect(letter.bytes).toBeLessThanOrEqual(192 * 1024);
  const handled = trace.flatMap((entry) => (entry.what === "handled" ? entry.id : []));
  expect(handled).toEqual(answer === undefined ? [] : ["small"]);
});
