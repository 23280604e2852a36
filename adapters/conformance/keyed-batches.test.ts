import { setImmediate } from "node:timers/promises";
import type { KinesisStreamEvent, SNSEvent, SQSEvent } from "aws-lambda";
import * as v from "valibot";
import { expect, it } from "vitest";
import { defineEvent, defineFunction, type FunctionDefinition, when } from "../../functions/kernel/define.ts";
import { createBulk } from "../core/dispatch/bulk.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { receive } from "../core/dispatch/receive.ts";
import { createWorld, toEvent } from "../core/dispatch/test-world.ts";
import { encodeBatch, encodeStructured } from "../core/event/encode.ts";
import { answerLargeBulk } from "../dapr/answer-large-bulk.ts";
import { answerDelivery } from "../dapr/receive.ts";
import { createConsumer } from "../lambda/receive.ts";

const Bought = defineEvent({
  type: "bought.v1",
  topic: "buys",
  data: v.object({ order: v.string(), by: v.string() }),
  subject: ({ order }) => order,
});
/** One more subject than are handled at once, and the first one again: by subjects, it would overtake the last. */
const IDS = Array.from({ length: 18 }, (_, n) => n + 1);
const events = IDS.map((n) => toEvent(Bought({ order: `${n % 17}`, by: "ada" }), { id: `${n}` }));
const texts = events.map(encodeStructured);

type Deliver = (fn: FunctionDefinition, ports: Ports) => Promise<unknown>;
const JSON_TYPE = { "content-type": "application/json" };
const BATCH = { "content-type": "application/cloudevents-batch+json" };
const message = (body: string, headers: Readonly<Record<string, string>>) => ({
  ...{ topic: "buys", body: Buffer.from(body), headers },
});
const entries = events.map((event) => ({ entryId: event.id, event, contentType: "application/cloudevents+json" }));
const invocation = { getRemainingTimeInMillis: () => 30_000 };
const receiving = (fn: FunctionDefinition, ports: Ports) => ({ ports, bulk: createBulk(fn, ports) });
const lambda =
  (event: object): Deliver =>
  (fn, ports) =>
    createConsumer(fn, ports)(event as SQSEvent & SNSEvent & KinesisStreamEvent, invocation);

const WAYS: readonly (readonly [string, Deliver])[] = [
  ["batch of CloudEvents", (fn, ports) => receive(fn, message(encodeBatch(events), BATCH), ports)],
  [
    "bulk of Dapr",
    (fn, ports) => answerDelivery(fn, message(JSON.stringify({ entries }), JSON_TYPE), receiving(fn, ports)),
  ],
  [
    "large bulk of Dapr",
    (fn, ports) => {
      const held = entries.map((entry) => ({ entryId: entry.entryId, bytes: Buffer.from(JSON.stringify(entry)) }));
      return answerLargeBulk({ entries: held as never, topic: "buys" }, receiving(fn, ports));
    },
  ],
  [
    "batch of SQS",
    lambda({ Records: texts.map((body, n) => ({ eventSource: "aws:sqs", messageId: `${n}`, body, attributes: {} })) }),
  ],
  [
    "batch of Kinesis",
    lambda({
      Records: texts.map((text, n) => ({
        eventSource: "aws:kinesis",
        kinesis: { sequenceNumber: `${n}`, data: Buffer.from(text).toString("base64") },
      })),
    }),
  ],
  [
    "batch of SNS",
    lambda({ Records: texts.map((Message) => ({ EventSource: "aws:sns", Sns: { Message, MessageAttributes: {} } })) }),
  ],
];

it.each(WAYS)("a %s does subjects of one key in their order, as one document", async (_what, deliver) => {
  const log: number[] = [];
  const fn = defineFunction<number>({
    name: "points",
    state: v.number(),
    on: [
      when(Bought, { key: ({ data: { by } }) => by }, async ({ id }, state = 0) => {
        await setImmediate();
        log.push(Number(id), state + 1);
        return { state: state + 1 };
      }),
    ],
  });
  await deliver(fn, createWorld().ports);
  expect(log).toEqual(IDS.flatMap((n) => [n, n]));
});
