import type { SQSEvent } from "aws-lambda";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { createHandlers } from "../conformance/handlers.ts";
import { event } from "../conformance/messages.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { createMemoryLedger } from "../core/ledger/memory-ledger.ts";
import { createConsumer } from "./receive.ts";

const numRuns = Number(process.env.FC_RUNS ?? 200);
const ENOUGH = { getRemainingTimeInMillis: () => 30_000 };
const ARN = "arn:aws:service:eu-west-1:123456789012:orders";

let handled: string[];
let letters: Readonly<Record<string, string>>[];
let ports: Ports;
beforeEach(() => {
  handled = [];
  letters = [];
  ports = {
    ledger: createMemoryLedger(),
    publish: async (said) => void letters.push(...said.map(({ body }) => JSON.parse(body))),
    now: Date.now,
    deadlineMs: 5_000,
    leaseMs: 10_000,
  };
});

const invoke = (records: readonly unknown[]) => {
  const { works } = createHandlers((entry) => {
    if (entry.what === "handled") handled.push(entry.id);
  });
  return createConsumer(works, ports)(JSON.parse(JSON.stringify({ Records: records })) as SQSEvent, ENOUGH);
};
const bodyOf = (id: string) => JSON.stringify(event({ id }));

const anyAttributes = fc.dictionary(
  fc.constantFrom("ce-specversion", "CE-ID", "content-type", "traceparent", "x"),
  fc.oneof(
    fc.jsonValue(),
    fc.dictionary(
      fc.constantFrom("stringValue", "binaryValue", "Value", "Type"),
      fc.oneof(fc.string(), fc.jsonValue()),
    ),
  ),
);

/** A record of each trigger around a body, and what the trigger hears when all is done. */
const triggers = {
  SQS: {
    wrap: (body: unknown, more: object = {}) => ({
      messageId: "m",
      body,
      attributes: {},
      messageAttributes: {},
      eventSource: "aws:sqs",
      eventSourceARN: ARN,
      ...more,
    }),
    done: { batchItemFailures: [] },
  },
  SNS: {
    wrap: (body: unknown, more: object = {}) => ({
      EventSource: "aws:sns",
      Sns: { Message: body, TopicArn: ARN, MessageAttributes: {} },
      ...more,
    }),
    done: undefined,
  },
  Kinesis: {
    wrap: (body: unknown, more: object = {}) => ({
      eventSource: "aws:kinesis",
      eventSourceARN: ARN,
      kinesis: { sequenceNumber: "1", data: typeof body === "string" ? Buffer.from(body).toString("base64") : body },
      ...more,
    }),
    done: { batchItemFailures: [] },
  },
};

const notification = (members: object) =>
  JSON.stringify({ Type: "Notification", TopicArn: ARN, Message: bodyOf("inner"), MessageAttributes: {}, ...members });
const beside = (attribute: unknown) =>
  notification({ MessageAttributes: { "ce-specversion": { Type: "String", Value: "1.0" }, "ce-id": attribute } });

it.each([
  ["a TopicArn that is no text", notification({ TopicArn: 17 }), "TopicArn: must be text, got a number"],
  ["no TopicArn", notification({ TopicArn: undefined, "": { TopicArn: "" } }), "TopicArn: must be text, got nothing"],
  ["attributes in a list", notification({ MessageAttributes: [] }), "attributes: must be an object, got an array"],
  ["text for attributes", notification({ MessageAttributes: "x" }), "attributes: must be an object, got a string"],
  ["an attribute that is an object", beside({ Type: "String", Value: {} }), '"ce-id": must be text, got an object'],
  ["bytes that are a number", beside({ Type: "Binary", Value: 5 }), '"ce-id": must be text, got a number'],
])(
  "an envelope of SNS with %s is a letter with all of it, and its neighbours are handled",
  async (_what, body, reason) => {
    const answer = await invoke(
      ["before", body, "after"].map((text) => triggers.SQS.wrap(text === body ? body : bodyOf(text))),
    );
    expect([answer, handled]).toEqual([triggers.SQS.done, ["before", "after"]]);
    expect(letters).toMatchObject([
      {
        deadcode: "envelope",
        deadreason: reason,
        deadtopic: "orders",
        data_base64: Buffer.from(body).toString("base64"),
      },
    ]);
  },
);

it.each([
  ["no attributes at all", notification({ MessageAttributes: null })],
  ["an attribute that is null", notification({ MessageAttributes: { "ce-type": null, other: null } })],
  ["an attribute without a value", notification({ MessageAttributes: { "ce-type": { Type: "String" } } })],
  [
    "an attribute for a filter that is no text",
    notification({ MessageAttributes: { price: { Type: "Number", Value: 1.5 } } }),
  ],
])("an envelope of SNS with %s is opened all the same", async (_what, body) => {
  await invoke([triggers.SQS.wrap(body)]);
  expect([handled, letters]).toEqual([["inner"], []]);
});

describe.each(Object.entries(triggers))("%s", (_name, { wrap, done }) => {
  it.each([
    ["null", null],
    ["a record of nothing", {}],
    ["a text", "x"],
    ["a record without a body", wrap(undefined, { Sns: null, kinesis: null })],
    ["a record whose body is no text", wrap({ a: 1 })],
  ])("%s among records is a letter with all of it", async (_what, record) => {
    expect(await invoke([wrap(bodyOf("before")), record, wrap(bodyOf("after"))])).toEqual(done);
    expect(handled).toEqual(["before", "after"]);
    const whole = Buffer.from(JSON.stringify(record)).toString("base64");
    expect(letters).toMatchObject([{ deadcode: "envelope", data_base64: whole }]);
  });

  it("a record that does not say where it comes from is handled by what it carries", async () => {
    expect(await invoke([wrap(bodyOf("1"), { eventSourceARN: undefined })])).toEqual(done);
    expect(handled).toEqual(["1"]);
  });

  it("whatever lies among records or in them, nothing is thrown, nothing comes again, and neighbours are handled", async () => {
    const anyEnvelope = fc
      .record(
        {
          Type: fc.oneof(fc.constant("Notification"), fc.jsonValue()),
          TopicArn: fc.oneof(fc.constant(ARN), fc.jsonValue()),
          Message: fc.oneof(fc.constantFrom(bodyOf("any"), notification({ TopicArn: null })), fc.jsonValue()),
          MessageAttributes: fc.oneof(anyAttributes, fc.jsonValue()),
          "detail-type": fc.jsonValue(),
          detail: fc.oneof(fc.record({ specversion: fc.constant("1.0"), id: fc.jsonValue() }), fc.jsonValue()),
        },
        { requiredKeys: [] },
      )
      .map((envelope) => JSON.stringify(envelope));
    const anyMembers = fc.dictionary(
      fc.constantFrom("messageId", "attributes", "messageAttributes", "eventSourceARN", "Sns", "kinesis", "body"),
      fc.oneof(fc.jsonValue(), fc.record({ Message: fc.jsonValue(), MessageAttributes: anyAttributes })),
    );
    const anyRecord = fc.oneof(
      fc.jsonValue(),
      fc.tuple(fc.oneof(anyEnvelope, fc.jsonValue(), fc.string()), anyMembers).map(([body, more]) => wrap(body, more)),
    );
    await fc.assert(
      fc
        .asyncProperty(fc.array(anyRecord, { maxLength: 4 }), async (records) => {
          expect(await invoke([wrap(bodyOf("before")), ...records, wrap(bodyOf("after"))])).toEqual(done);
          expect(handled).toEqual(expect.arrayContaining(["before", "after"]));
        })
        .beforeEach(() => {
          handled.length = 0;
          ports = { ...ports, ledger: createMemoryLedger() };
        }),
      { numRuns },
    );
  });
});

it("reports all when the letter of a record without an id cannot be stored", async () => {
  ports = { ...ports, publish: () => Promise.reject(new Error("down")) };
  const answers = [
    await invoke([triggers.SQS.wrap("x"), null]),
    await invoke([triggers.Kinesis.wrap("x", { kinesis: {} })]),
  ];
  expect(answers).toEqual([
    { batchItemFailures: [{ itemIdentifier: "m" }, { itemIdentifier: "" }] },
    { batchItemFailures: [{ itemIdentifier: "" }] },
  ]);
});

it("aggregated records of the Kinesis Producer Library are named as such", async () => {
  const data = Buffer.concat([Buffer.from("f3899ac2", "hex"), Buffer.from(bodyOf("1"))]).toString("base64");
  await invoke([triggers.Kinesis.wrap(undefined, { kinesis: { sequenceNumber: "1", data } })]);
  const deadreason = "record: must hold one event, got several, aggregated by the Kinesis Producer Library";
  expect(letters).toMatchObject([{ deadcode: "envelope", deadreason, data_base64: data, deadtopic: "orders" }]);
});

it("bytes of Kinesis that are no text stay as they are", async () => {
  const data = Buffer.from([0xff, 0xfe, ...Buffer.from('{"detail-type":1}')]).toString("base64");
  await invoke([triggers.Kinesis.wrap(undefined, { kinesis: { sequenceNumber: "1", data } })]);
  expect(letters).toMatchObject([{ deadcode: "utf8", data_base64: data }]);
});
