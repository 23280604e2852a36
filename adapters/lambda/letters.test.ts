import { expect, it } from "vitest";
import { createHandlers } from "../conformance/handlers.ts";
import { createMemoryLedger } from "../core/ledger/memory-ledger.ts";
import type { Said } from "../core/relay/publish.ts";
import { createConsumer } from "./receive.ts";

const ARN = "arn:aws:x:eu-west-1:123456789012:probes";
const { works } = createHandlers(() => {});

async function lettersOf(...records: readonly object[]) {
  const said: Said[] = [];
  const publish = async (events: readonly Said[]) => void said.push(...events);
  const ports = { ledger: createMemoryLedger(), publish, now: Date.now, deadlineMs: 5_000, leaseMs: 10_000 };
  await createConsumer(works, ports)({ Records: records } as never, { getRemainingTimeInMillis: () => 30_000 });
  return said.map(({ body }) => JSON.parse(body));
}

interface Told {
  readonly id: string;
  readonly key?: string;
  readonly body?: string;
  readonly times?: string;
}

const sqs = ({ id, key, body = "{}", times = "1" }: Told, messageAttributes: object = {}) => ({
  ...{ messageId: id, receiptHandle: times, body, eventSource: "aws:sqs", eventSourceARN: ARN },
  attributes: { ApproximateReceiveCount: times, AWSTraceHeader: times, ...(key ? { MessageGroupId: key } : {}) },
  messageAttributes: {
    tenant: { stringValue: "t-1", dataType: "String" },
    bytes: { binaryValue: "AP8=", dataType: "Binary" },
    "x-api-key": { stringValue: "s3cret", dataType: "String" },
    ...messageAttributes,
  },
});
const notification = ({ id, body = "{}" }: Told) => ({
  ...{ Type: "Notification", MessageId: id, TopicArn: ARN, Message: body },
  MessageAttributes: { tenant: { Type: "String", Value: "t-1" }, bytes: { Type: "Binary", Value: "AP8=" } },
});
const sns = (told: Told) => ({ EventSource: "aws:sns", Sns: { ...notification(told), Timestamp: told.times } });
const snsInSqs = (told: Told) => sqs({ ...told, id: `of-sqs-${told.times}`, body: JSON.stringify(notification(told)) });
const inKinesis = ({ id, key, body = "{}", times }: Told) => ({
  ...{ eventSource: "aws:kinesis", eventSourceARN: ARN, eventID: `shardId-7:${id}` },
  kinesis: {
    sequenceNumber: id,
    partitionKey: key,
    approximateArrivalTimestamp: times,
    data: Buffer.from(body).toString("base64"),
  },
});

const ATTRIBUTES = [
  ["tenant", "t-1"],
  ["bytes", "AP8="],
];

it.each<[string, (told: Told) => object, object]>([
  ["SQS", sqs, { deadmessageid: "m-1", deadkey: "o-1" }],
  ["SNS", sns, { deadmessageid: "m-1" }],
  ["SNS in SQS", snsInSqs, { deadmessageid: "m-1" }],
  ["Kinesis", inKinesis, { deadoffset: "m-1", deadkey: "o-1", deadpartition: "shardId-7" }],
])(
  "a record of %s that is no event tells where it stood, keeps its attributes and no secret",
  async (name, record, told) => {
    const [letter] = await lettersOf(record({ id: "m-1", key: "o-1" }));
    expect(letter).toMatchObject({ ...told, deadtopic: "probes" });
    if (name !== "Kinesis") expect(JSON.parse(letter.deadheaders)).toEqual(expect.arrayContaining(ATTRIBUTES));
    expect(JSON.stringify(letter)).not.toContain("s3cret");

    const [[again], [other]] = [
      await lettersOf(record({ id: "m-1", key: "o-1", times: "2" })),
      await lettersOf(record({ id: "m-2", key: "o-1" })),
    ];
    expect([again.id === letter.id, other.id === letter.id]).toEqual([true, false]);
  },
);

it("what no carrier makes is a letter all the same, with all that it had", async () => {
  const [letter] = await lettersOf({ ...sqs({ id: "m-1" }), body: null }, {});
  expect(letter).toMatchObject({ deadcode: "envelope", deadmessageid: "m-1" });
});
