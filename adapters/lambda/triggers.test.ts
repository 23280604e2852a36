import type { KinesisStreamEvent, SNSEvent, SQSEvent } from "aws-lambda";
import { beforeEach, describe, expect, it } from "vitest";
import { createHandlers, type HandlerName } from "../conformance/handlers.ts";
import { event } from "../conformance/messages.ts";
import type { TraceEntry } from "../conformance/trace.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { createMemoryLedger } from "../core/ledger/memory-ledger.ts";
import { createConsumer } from "./receive.ts";
import { handleSqs } from "./sqs.ts";

const ENOUGH = { getRemainingTimeInMillis: () => 30_000 };
const NOT_JSON = "{";

let trace: TraceEntry[];
let ports: Ports;
beforeEach(() => {
  trace = [];
  ports = {
    ledger: createMemoryLedger(),
    publish: async () => {},
    now: Date.now,
    deadlineMs: 5_000,
    leaseMs: 10_000,
  };
});

const functionOf = (handler: HandlerName) => createHandlers((entry) => void trace.push(entry))[handler];
const handledIds = () => trace.flatMap((entry) => (entry.what === "handled" ? entry.id : []));
const bodyOf = (id: string, members: object = {}) => JSON.stringify(event({ id, ...members }));

interface Given {
  readonly id: string;
  readonly body?: string;
  readonly group?: string;
}
const sqs = (given: readonly Given[], queue = "q") =>
  ({
    Records: given.map(({ id, body = bodyOf(id), group }) => ({
      messageId: `m-${id}`,
      body,
      attributes: group === undefined ? {} : { MessageGroupId: group },
      messageAttributes: {},
      eventSource: "aws:sqs",
      eventSourceARN: `arn:aws:sqs:eu-west-1:123456789012:${queue}`,
    })),
  }) as unknown as SQSEvent;
const kinesis = (given: readonly Given[]) =>
  ({
    Records: given.map(({ id, body = bodyOf(id) }) => ({
      eventSource: "aws:kinesis",
      eventSourceARN: "arn:aws:kinesis:eu-west-1:123456789012:stream/s",
      kinesis: { sequenceNumber: `n-${id}`, data: Buffer.from(body).toString("base64") },
    })),
  }) as unknown as KinesisStreamEvent;
const failures = (ids: readonly string[]) => ({ batchItemFailures: ids.map((id) => ({ itemIdentifier: id })) });
/** Types that the function does not know are ignored, so that a batch can have both outcomes. */
const GOOD = { type: "com.example.other.v1" };

describe("SQS", () => {
  it("reports exactly those that have to come again", async () => {
    const event = sqs([{ id: "1", body: bodyOf("1", GOOD) }, { id: "2" }, { id: "3", body: bodyOf("3", GOOD) }]);
    expect(await handleSqs(functionOf("throws-error"), { event, invocation: ENOUGH }, ports)).toEqual(
      failures(["m-2"]),
    );
  });

  it("reports all when all failed, and does not throw: that would count as an error of the function", async () => {
    const event = sqs([{ id: "1" }, { id: "2" }]);
    const answer = await createConsumer(functionOf("throws-error"), ports)(event, ENOUGH);
    expect(answer).toEqual(failures(["m-1", "m-2"]));
  });

  it("runs one event of a batch once, also when it is there twice", async () => {
    const twice = { id: "1", body: bodyOf("1", { subject: "probe" }) };
    const event = sqs([twice, twice, { id: "2" }]);
    expect(await handleSqs(functionOf("works"), { event, invocation: ENOUGH }, ports)).toEqual(failures([]));
    expect(handledIds().sort()).toEqual(["1", "2"]);
  });

  it("does not report a poisoned record, whose dead letter is stored", async () => {
    const letters: string[] = [];
    const event = sqs([{ id: "1", body: NOT_JSON }, { id: "2" }]);
    const lent = {
      ...ports,
      publish: async (said: readonly { topic: string }[]) => void letters.push(...said.map(({ topic }) => topic)),
    };
    expect(await handleSqs(functionOf("works"), { event, invocation: ENOUGH }, lent)).toEqual(failures([]));
    expect(letters).toEqual(["dead-letters"]);
  });

  it("reports a poisoned record whose dead letter cannot be stored", async () => {
    const publish = () => Promise.reject(new Error("down"));
    const event = sqs([{ id: "1", body: NOT_JSON }]);
    expect(await handleSqs(functionOf("works"), { event, invocation: ENOUGH }, { ...ports, publish })).toEqual(
      failures(["m-1"]),
    );
  });

  it("reports what is not done before the time is over, so that the rest is not done again", async () => {
    let left = 560;
    const invocation = { getRemainingTimeInMillis: () => left };
    const event = sqs([{ id: "1", body: bodyOf("1", GOOD) }, { id: "2" }]);
    expect(await handleSqs(functionOf("hangs"), { event, invocation }, ports)).toEqual(failures(["m-2"]));
    left = 100;
    const late = sqs([{ id: "1", body: bodyOf("1", GOOD) }, { id: "3" }, { id: "4" }]);
    // What is ignored needs no time.
    expect(await handleSqs(functionOf("works"), { event: late, invocation }, ports)).toEqual(failures(["m-3", "m-4"]));
  });

  const GROUPED = [
    { id: "a1", group: "a", body: bodyOf("a1", GOOD) },
    { id: "b1", group: "b", body: bodyOf("b1", GOOD) },
    { id: "a2", group: "a" },
    { id: "a3", group: "a", body: bodyOf("a3", GOOD) },
    { id: "b2", group: "b", body: bodyOf("b2", GOOD) },
  ];
  it.each([
    ["stops a group of a FIFO queue at its first failure, others go on", "q.fifo", ["m-a2", "m-a3"]],
    ["orders nothing by the groups of a standard queue, which only share its consumers", "q", ["m-a2"]],
    ["orders nothing by the groups of a queue that only sounds like FIFO", "q.fifo-copy", ["m-a2"]],
  ])("%s", async (_what, queue, failed) => {
    const event = sqs(GROUPED, queue);
    const answer = await handleSqs(functionOf("throws-error"), { event, invocation: ENOUGH }, ports);
    expect(answer).toEqual(failures(failed));
  });

  it("runs a FIFO group in its order, whatever the subjects", async () => {
    const given = Array.from({ length: 8 }, (_, n) => ({ id: String(n), group: "g", body: bodyOf(String(n)) }));
    await handleSqs(functionOf("says-slowly"), { event: sqs(given.slice(0, 3), "q.fifo"), invocation: ENOUGH }, ports);
    expect(handledIds()).toEqual(["0", "1", "2"]);
  });
});

describe("Kinesis", () => {
  it("reports the first that has to come again and no other: Lambda goes on from there", async () => {
    const event = kinesis([{ id: "1", body: bodyOf("1", GOOD) }, { id: "2" }, { id: "3" }]);
    const answer = await createConsumer(functionOf("throws-error"), ports)(event, ENOUGH);
    expect(answer).toEqual(failures(["n-2"]));
  });

  it("keeps the order of a subject: what follows a failure is not tried", async () => {
    const about = { subject: "probe" };
    const event = kinesis([
      { id: "1", body: bodyOf("1", about) },
      { id: "2", body: bodyOf("2", about) },
    ]);
    await createConsumer(functionOf("throws-error"), ports)(event, ENOUGH);
    expect(handledIds()).toEqual(["1"]);
  });

  it("opens the envelope of EventBridge, whose rules may lead to a stream", async () => {
    const body = `{"version":"0","id":"x","detail-type":"t","source":"shop","detail":${bodyOf("1")}}`;
    await createConsumer(functionOf("works"), ports)(kinesis([{ id: "1", body }]), ENOUGH);
    expect(handledIds()).toEqual(["1"]);
  });
});

describe("SNS", () => {
  const sns = (body: string) =>
    ({
      Records: [
        { EventSource: "aws:sns", Sns: { Message: body, TopicArn: "arn:aws:sns:r:1:t", MessageAttributes: {} } },
      ],
    }) as unknown as SNSEvent;

  it("throws what has to come again, with the reason", async () => {
    await expect(createConsumer(functionOf("throws-error"), ports)(sns(bodyOf("1")), ENOUGH)).rejects.toThrow(
      "handler: Error: no",
    );
  });

  it("returns what is done, and what is dead once its letter is stored", async () => {
    const handler = createConsumer(functionOf("works"), ports);
    expect([await handler(sns(bodyOf("1")), ENOUGH), await handler(sns(NOT_JSON), ENOUGH)]).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe("a schedule", () => {
  const relay = { relay: true } as const;
  const dueOf = (due: Ports["ledger"]["due"]) => ({ ...ports, ledger: { ...ports.ledger, due } }) as Ports;

  it("has the function ask for what it has saved and not yet said, and answers nothing", async () => {
    const asked: string[] = [];
    const lent = dueOf(async (of) => {
      asked.push(of);
      return [];
    });
    expect(await createConsumer(functionOf("works"), lent)(relay, ENOUGH)).toBeUndefined();
    expect(asked).toEqual([functionOf("works").name]);
  });

  it("is told by an error, which Lambda counts, where the ledger cannot tell what is due", async () => {
    const lent = dueOf(() => Promise.reject(new Error("away")));
    await expect(createConsumer(functionOf("works"), lent)(relay, ENOUGH)).rejects.toThrow("away");
  });
});

it.each([
  ["nothing", {}],
  ["a schedule's word with something else in it", { relay: "true" }],
  ["an empty batch", { Records: [] }],
  ["records of another source", { Records: [{ eventSource: "aws:s3" }] }],
  ["records that are no list", { Records: "x" }],
])("throws for %s: never success by default", async (_what, given) => {
  await expect(createConsumer(functionOf("works"), ports)(given as SQSEvent, ENOUGH)).rejects.toThrow(TypeError);
});

it("declares two parameters: Lambda's Node.js 24 refuses handlers with a callback", () => {
  expect(createConsumer(functionOf("works"), ports)).toHaveLength(2);
});
