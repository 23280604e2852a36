import { DiagnosticSeverity, Parser } from "@asyncapi/parser";
import { Ajv } from "ajv";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { isUri, isUriReference } from "../../adapters/core/event/attributes.ts";
import { isTimestamp } from "../../adapters/core/event/timestamp.ts";
import { catalogue } from "../../functions/events/index.ts";
import { defineEvent, defineFunction, type EventType, when } from "../../functions/kernel/define.ts";
import { defineSystem, type System } from "../../functions/kernel/system.ts";
import { OURS } from "../entries.ts";
import { breakData } from "../say/broken.ts";
import { samples as secondSamples } from "../second/samples.ts";
import { SECOND } from "../second/sources.ts";
import { type AsyncApi, type AsyncApiOptions, toAsyncApi } from "./asyncapi.ts";
import { schemaOf } from "./json-schema.ts";

interface Box {
  readonly id: string;
  readonly inside: readonly Box[];
}
const box: v.GenericSchema<Box> = v.object({ id: v.string(), inside: v.array(v.lazy(() => box)) });
const data = v.object({ id: v.string() });
const subject = ({ id }: { readonly id: string }) => id;

const Timer = defineEvent({ type: "org.example.box.due.v1", data, subject });
const OpenedV1 = defineEvent({ type: "org.example.box.opened.v1", topic: "boxes", data, subject });
const Opened = defineEvent({
  type: "org.example.box.opened.v2",
  topic: "boxes",
  data: v.object({ id: v.string(), at: v.optional(v.pipe(v.string(), v.transform(Number)), "0") }),
  subject,
  upcast: { from: OpenedV1, to: ({ id }) => ({ id }) },
});
const Foreign = defineEvent({ type: "Acme/Box:Packed", topic: "packed", data: box, subject });
const Alike = defineEvent({ type: "Acme_Box_Packed", topic: "packed", data, subject });
const Told = defineEvent({ type: "org.example.box.told.v1", topic: "news", audience: "others", data, subject });
const nothing = () => ({});

const boxes = defineSystem({
  name: "depot",
  source: "https://depot.example.com",
  functions: [
    defineFunction({
      name: "lid",
      keeps: "state",
      on: [when(Timer, nothing), when(Opened, nothing), when(Foreign, nothing), when(Alike, nothing)],
      emits: [Timer, Told],
    }),
  ],
}) as System<never>;
const boxSamples = new Map<EventType, unknown>([
  [Foreign, { id: "b-1", inside: [{ id: "b-2", inside: [] }] }],
  // Made by a transform: no sender can write a number.
  [Opened, { id: "b-1", at: 0 }],
  [Told, { id: "b-1" }],
]);
const ourSamples = new Map<EventType, unknown>(catalogue.map((event) => [event, event.sample]));

const toBoxes = (options: Partial<AsyncApiOptions> = {}) =>
  toAsyncApi(boxes, { version: "1.2.3", samples: boxSamples, ...options });
const ref = (to: string) => ({ $ref: `#/${to}` });

/** It compiles the schema of AsyncAPI for each document anew. */
const SLOW_MS = 30_000;
const parser = new Parser();
const faultsIn = async (document: AsyncApi) => {
  const { diagnostics } = await parser.parse(JSON.stringify(document));
  return diagnostics.filter(({ severity }) => severity === DiagnosticSeverity.Error);
};

describe("the document", () => {
  it.each<readonly [string, () => AsyncApi]>([
    ["our system on Dapr", () => toAsyncApi(OURS.system, { version: "1.0.0", samples: ourSamples, host: "dapr" })],
    [
      "older events, some without a topic, some for others, and of odd names, on AWS",
      () => toBoxes({ host: "aws", server: new URL("https://sns.example.com/path") }),
    ],
  ])(
    "of %s is one that AsyncAPI's own parser takes",
    async (_, make) => {
      expect(await faultsIn(make())).toEqual([]);
    },
    SLOW_MS,
  );

  it(
    "is refused by the parser where it points to nothing: it does look",
    async () => {
      expect(await faultsIn({ ...toBoxes(), channels: {} })).not.toEqual([]);
    },
    SLOW_MS,
  );

  it("has the same bytes each time", () => {
    const texts = [toBoxes(), toBoxes()].map((document) => JSON.stringify(document));
    expect(texts[1]).toBe(texts[0]);
  });

  it("has a channel for each topic, with older versions, and none for a timer", () => {
    const message = (topic: string, ...keys: readonly string[]) => ({
      address: topic,
      messages: Object.fromEntries(keys.map((key) => [key, ref(`components/messages/${key}`)])),
    });
    expect(toBoxes().channels).toEqual({
      boxes: message("boxes", Opened.type, OpenedV1.type),
      packed: message("packed", "Acme_Box_Packed", "Acme_Box_Packed_2"),
      news: message("news", Told.type),
    });
  });

  it("has an operation for what a function hears on a topic, and one for what it says there", () => {
    const operation = (action: string, topic: string, ...keys: readonly string[]) => ({
      action,
      channel: ref(`channels/${topic}`),
      messages: keys.map((key) => ref(`channels/${topic}/messages/${key}`)),
      tags: [{ name: "lid" }],
    });
    expect(toBoxes().operations).toEqual({
      lid_receives_boxes: operation("receive", "boxes", Opened.type, OpenedV1.type),
      lid_receives_packed: operation("receive", "packed", "Acme_Box_Packed", "Acme_Box_Packed_2"),
      lid_sends_news: operation("send", "news", Told.type),
    });
  });

  it("says of a message who says it, whom it is meant for, and what it is understood as", () => {
    const { messages } = toBoxes().components;
    const message = ({ type }: EventType, key = type, source = {}) => ({
      name: type,
      correlationId: { location: "$message.payload#/correlationid" },
      payload: {
        allOf: [ref("components/schemas/CloudEvent")],
        type: "object",
        properties: { type: { const: type }, ...source, data: ref(`components/schemas/${key}`) },
      },
    });
    const example = (event: EventType, source: string) => ({
      name: "sample",
      payload: {
        ...{ specversion: "1.0", id: "1", source, type: event.type, subject: "b-1", time: "2026-01-01T12:00:00.000Z" },
        ...{ datacontenttype: "application/json", correlationid: "b-1", data: boxSamples.get(event) },
      },
    });
    const lid = "https://depot.example.com/lid";
    expect(messages).toEqual({
      [Opened.type]: message(Opened),
      [OpenedV1.type]: {
        ...message(OpenedV1),
        description: "It is understood as org.example.box.opened.v2.",
        deprecated: true,
      },
      Acme_Box_Packed: {
        ...message(Foreign, "Acme_Box_Packed"),
        examples: [example(Foreign, "https://depot.example.com/example")],
      },
      Acme_Box_Packed_2: message(Alike, "Acme_Box_Packed_2"),
      [Told.type]: {
        ...message(Told, Told.type, { source: { examples: [lid] } }),
        examples: [example(Told, lid)],
        "x-audience": "others",
      },
    });
  });

  it.each<readonly [string, Partial<AsyncApiOptions>, object, object | undefined]>([
    ["no host", {}, { address: "news" }, undefined],
    [
      "Dapr, where Kafka gets the subject as its key",
      { host: "dapr" },
      { address: "news" },
      { kafka: { key: expect.objectContaining({ type: "string" }), bindingVersion: "0.5.0" } },
    ],
    [
      "AWS, where names are those of SNS",
      { host: "aws" },
      {
        address: "depot-news",
        bindings: { sns: { name: "depot-news", ordering: { type: "standard" }, bindingVersion: "0.1.0" } },
      },
      undefined,
    ],
    ["Google, with a prefix of one's own", { host: "gcloud", prefix: "test-" }, { address: "test-news" }, undefined],
  ])("says what is true on %s", (_, options, place, bindings) => {
    const { channels, components } = toBoxes(options);
    const { messages: __, ...rest } = channels.news as NonNullable<(typeof channels)[string]>;
    expect([rest, components.messages[Told.type]?.bindings]).toEqual([place, bindings]);
  });

  it("says where the broker is only where it was told", () => {
    expect([toBoxes().servers, toBoxes({ server: new URL("kafka://b.example.com:9092") }).servers]).toEqual([
      undefined,
      { broker: { host: "b.example.com:9092", protocol: "kafka" } },
    ]);
  });
});

const formats = { "date-time": isTimestamp, "uri-reference": isUriReference, uri: isUri };

/** What validates messages of a type, as whoever reads the document would. */
function validatorOf(document: AsyncApi, { type }: EventType) {
  const [key, message] = Object.entries(document.components.messages).find(([, { name }]) => name === type) ?? [];
  const ajv = new Ajv({ strict: false, formats }).addSchema(document, "document");
  return {
    validate: ajv.compile({ $ref: `document#/components/messages/${key}/payload` }),
    example: message?.examples?.[0]?.payload as Readonly<Record<string, unknown>>,
  };
}

describe.each<readonly [string, System<never>, ReadonlyMap<EventType, unknown>]>([
  ["our system", OURS.system, ourSamples],
  ["another system", SECOND.system, secondSamples],
  ["a system with a schema that holds itself", boxes, new Map([[Foreign, boxSamples.get(Foreign)]])],
])("messages of %s", (_, system, samples) => {
  const document = toAsyncApi(system, { version: "1.0.0", samples });
  // Of rules that JSON Schema cannot say, it refuses nothing.
  const isTold = (event: EventType) => !JSON.stringify(schemaOf(event)).includes("x-rules");
  const sampled = [...samples].filter(([event]) => event.topic !== undefined && isTold(event));

  it.each(sampled.map(([event, sample]) => [event.type, event, sample] as const))(
    "%s: takes its example, and not with one field broken",
    (_type, event, sample) => {
      const { validate, example } = validatorOf(document, event);
      const broken = { ...example, data: breakData(sample, event).data };
      expect([validate(example), validate(broken)]).toEqual([true, false]);
    },
  );
});

it.each<readonly [string, object, boolean]>([
  ["extensions", { tenant: "a", retries: 3, urgent: true }, true],
  ["no subject, which is then what the data says", { subject: undefined }, true],
  ["another source: whoever may publish can say it", { source: "urn:somebody" }, true],
  ["another type", { type: Foreign.type }, false],
  ["no id", { id: undefined }, false],
  ["an empty source", { source: "" }, false],
  ["a time that is none", { time: "yesterday" }, false],
  ["an extension in capitals", { Tenant: "a" }, false],
  ["an extension that is an object", { tenant: {} }, false],
  ["an extension beyond 32 bits", { retries: 2 ** 31 }, false],
])("of an envelope with %s says whether it is taken", (_, change, expected) => {
  const { validate, example } = validatorOf(toBoxes(), Told);
  expect(validate(JSON.parse(JSON.stringify({ ...example, ...change })))).toBe(expected);
});
