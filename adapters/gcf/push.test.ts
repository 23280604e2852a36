import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Message } from "../core/event/decode.ts";
import { toPushJobs } from "./push.ts";

const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const HOP = "00-1bf7651916cd43dd8448eb211c80319d-b7ad6b7169203331-01";
const EVENT = { specversion: "1.0", id: "e-1", source: "/shop/order", type: "com.example.x.v1", data: { n: 1 } };
const STRUCTURED = { "content-type": "application/cloudevents+json" };
const BINARY = { "ce-specversion": "1.0", "ce-id": "e-1", "ce-source": "/shop/order", "ce-type": "com.example.x.v1" };
const MESSAGE_PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished";

interface Published {
  readonly attributes?: Readonly<Record<string, string>>;
  readonly data?: string;
}

const toBase64 = (data: string | undefined) =>
  data === undefined ? {} : { data: Buffer.from(data).toString("base64") };
const toBody = ({ attributes, data }: Published) =>
  Buffer.from(
    JSON.stringify({
      subscription: "projects/p/subscriptions/billing-orders",
      message: { ...toBase64(data), messageId: "7", message_id: "7", ...(attributes ? { attributes } : {}) },
    }),
  );

/** What Google makes of one published message. */
const forms: Readonly<Record<string, (published: Published) => Message>> = {
  "push with wrapper": (published) => ({
    headers: { "content-type": "application/json", traceparent: HOP },
    body: toBody(published),
  }),
  "push without wrapper": ({ attributes = {}, data = "" }) => ({
    headers: {
      // Node reads header bytes as Latin-1. A client that knows no type sends its own.
      "content-type": "application/x-www-form-urlencoded",
      ...Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, Buffer.from(value).toString("latin1")]),
      ),
      "x-goog-pubsub-message-id": "7",
      "x-goog-pubsub-subscription-name": "projects/p/subscriptions/billing-orders",
      traceparent: HOP,
    },
    body: Buffer.from(data),
  }),
  "Eventarc, binary": (published) => ({
    headers: {
      "content-type": "application/json",
      "ce-specversion": "1.0",
      "ce-id": "7",
      "ce-source": "//pubsub.googleapis.com/projects/p/topics/orders",
      "ce-type": MESSAGE_PUBLISHED,
      traceparent: HOP,
    },
    body: toBody(published),
  }),
  "Eventarc, structured": (published) => ({
    headers: { ...STRUCTURED, traceparent: HOP },
    body: Buffer.from(
      JSON.stringify({
        specversion: "1.0",
        id: "7",
        source: "//pubsub.googleapis.com/projects/p/topics/orders",
        type: MESSAGE_PUBLISHED,
        data: JSON.parse(toBody(published).toString()),
      }),
    ),
  }),
};

const messages: Readonly<Record<string, readonly [Published, object]>> = {
  "structured, labelled": [{ attributes: STRUCTURED, data: JSON.stringify(EVENT) }, EVENT],
  "structured without any attribute, as a sidecar publishes": [{ data: JSON.stringify(EVENT) }, EVENT],
  "structured beside a stray trace": [{ attributes: { "ce-traceparent": TRACE }, data: JSON.stringify(EVENT) }, EVENT],
  "binary with JSON": [
    { attributes: { ...BINARY, "content-type": "application/json" }, data: '{"n":1}' },
    { ...EVENT, datacontenttype: "application/json" },
  ],
  "binary with text, typed by ce-datacontenttype": [
    { attributes: { ...BINARY, "ce-datacontenttype": "text/plain" }, data: "zażółć" },
    { ...EVENT, datacontenttype: "text/plain", data: "zażółć" },
  ],
  "binary without data": [
    { attributes: { ...BINARY, "content-type": "application/json" } },
    (({ data: _, ...event }) => ({ ...event, datacontenttype: "application/json" }))(EVENT),
  ],
  "binary with attributes that are no ASCII or look percent-encoded": [
    { attributes: { ...BINARY, "content-type": "application/json", "ce-subject": "zażółć %41 100%" }, data: '{"n":1}' },
    { ...EVENT, datacontenttype: "application/json", subject: "zażółć %41 100%" },
  ],
};

it.each(
  Object.entries(forms).flatMap(([form, toMessage]) =>
    Object.entries(messages).map(([name, [published, event]]) => ({
      form,
      name,
      message: toMessage(published),
      event,
    })),
  ),
)("$form, $name: the event is ours, not the envelope", ({ message, event }) => {
  expect(toPushJobs(message, { topic: "orders" })).toMatchObject([{ event, topic: "orders" }]);
});

const ID = { "x-goog-pubsub-message-id": "7" };
const STRUCTURED_BODY = Buffer.from(JSON.stringify(EVENT));
const withWrapper = (attributes: Readonly<Record<string, string>>, data: string) =>
  forms["push with wrapper"]?.({ attributes, data }) as Message;

describe.each([
  "application/x-www-form-urlencoded",
  "application/octet-stream",
  "Application/X-WWW-Form-URLEncoded; charset=utf-8",
])("%s, which may be nobody's word", (madeUp) => {
  const type = { "content-type": madeUp };
  it.each<readonly [string, Message]>([
    ["without wrapper and without metadata", { headers: type, body: STRUCTURED_BODY }],
    ["without wrapper", { headers: { ...type, ...ID }, body: STRUCTURED_BODY }],
    ["with wrapper", withWrapper(type, JSON.stringify(EVENT))],
    [
      "without wrapper, beside ce-datacontenttype",
      { headers: { ...type, ...ID, "ce-datacontenttype": "application/json" }, body: STRUCTURED_BODY },
    ],
  ])("a structured event %s is decoded by its body", (_, message) => {
    expect(toPushJobs(message)).toMatchObject([{ event: EVENT }]);
  });

  it("is no reason to miss the wrapper", () => {
    const { body } = withWrapper({}, JSON.stringify(EVENT));
    expect(toPushJobs({ headers: type, body })).toMatchObject([{ event: EVENT }]);
  });

  it.each([
    ["application/json", { n: 1 }],
    ["text/plain", '{"n":1}'],
    ["application/octet-stream", new Uint8Array(Buffer.from('{"n":1}'))],
  ])("gives way to ce-datacontenttype %s of a binary event without wrapper", (ofData, data) => {
    const headers = { ...BINARY, ...type, ...ID, "ce-datacontenttype": ofData };
    const event = { ...EVENT, datacontenttype: ofData, data };
    expect(toPushJobs({ headers, body: Buffer.from('{"n":1}') })).toMatchObject([{ event }]);
  });

  it("is the sender's own word beside a binary event with wrapper, or over HTTP", () => {
    const event = { ...EVENT, datacontenttype: madeUp, data: new Uint8Array(Buffer.from('{"n":1}')) };
    const overHttp = { headers: { ...BINARY, ...type }, body: Buffer.from('{"n":1}') };
    for (const message of [withWrapper({ ...BINARY, ...type }, '{"n":1}'), overHttp])
      expect(toPushJobs(message)).toMatchObject([{ event }]);
  });
});

it.each([
  ["application/octet-stream", "application/octet-stream"],
  ["application/x-www-form-urlencoded", undefined],
])("a binary event without wrapper under %s and nothing else has the type %s", (madeUp, datacontenttype) => {
  const headers = { ...BINARY, ...ID, "content-type": madeUp };
  const [job] = toPushJobs({ headers, body: Buffer.from([0xff]) });
  expect(job).toMatchObject({ event: { data: Uint8Array.of(0xff) } });
  expect(job && "event" in job && job.event.datacontenttype).toBe(datacontenttype);
});

it.each(Object.entries(forms))("%s: the trace that the message carries wins over Google's own hop", (_, toMessage) => {
  const attributes = { ...STRUCTURED, "ce-traceparent": TRACE, "ce-tracestate": "a=1" };
  const message = toMessage({ attributes, data: JSON.stringify(EVENT) });
  const headers = { ...message.headers, tracestate: "hop=1" };
  expect(toPushJobs({ ...message, headers })).toMatchObject([{ traceparent: TRACE, tracestate: "a=1" }]);
});

it.each([
  ["googclient_traceparent, as Google's clients send it", { ...STRUCTURED, googclient_traceparent: TRACE }, {}, TRACE],
  ["the event's own", STRUCTURED, { traceparent: TRACE }, TRACE],
  ["none but the hop", STRUCTURED, {}, HOP],
])("trace: %s", (_, attributes, members, expected) => {
  const message = forms["push with wrapper"]?.({ attributes, data: JSON.stringify({ ...EVENT, ...members }) });
  expect(toPushJobs(message as Message)[0]?.traceparent).toBe(expected);
});

it.each([
  ["googclient_tracestate", { googclient_traceparent: TRACE, googclient_tracestate: "a=1" }, {}, "a=1"],
  ["the event's own", {}, { traceparent: TRACE, tracestate: "a=1" }, "a=1"],
  ["the hop's, where nothing else is traced", {}, {}, "hop=1"],
  ["never the hop's beside another trace", { "ce-traceparent": TRACE }, {}, undefined],
])("tracestate: %s", (_, attributes, members, expected) => {
  const data = JSON.stringify({ ...EVENT, ...members });
  const message = forms["push with wrapper"]?.({ attributes: { ...STRUCTURED, ...attributes }, data }) as Message;
  const headers = { ...message.headers, tracestate: "hop=1" };
  expect(toPushJobs({ ...message, headers })[0]?.tracestate).toBe(expected);
});

it.each(["Eventarc, binary", "Eventarc, structured"])("%s: the topic is that of the envelope", (form) => {
  const message = forms[form]?.({ attributes: STRUCTURED, data: JSON.stringify(EVENT) });
  expect(toPushJobs(message as Message)[0]?.topic).toBe("orders");
  expect(toPushJobs(message as Message, { topicPrefix: "ord" })[0]?.topic).toBe("ers");
  expect(toPushJobs(message as Message, { topicPrefix: "shop-" })[0]?.topic).toBe("orders");
});

it.each([
  ["a message that is no event", forms["push with wrapper"]?.({ data: "order 17" }), "json"],
  ["a message without data", forms["push with wrapper"]?.({}), "json"],
  [
    "an attribute of half a character",
    forms["push with wrapper"]?.({ attributes: { ...BINARY, "ce-subject": "\ud800" } }),
    "attribute",
  ],
  [
    "a binary event without an id",
    forms["push without wrapper"]?.({ attributes: { ...BINARY, "ce-id": "" } }),
    "attribute",
  ],
  [
    "an envelope without a message",
    { headers: STRUCTURED, body: Buffer.from(JSON.stringify({ ...EVENT, type: MESSAGE_PUBLISHED })) },
    "json",
  ],
])("%s is refused with the bytes that were published", (_, message, code) => {
  expect(toPushJobs(message as Message)).toMatchObject([{ refused: { code } }]);
});

it("an event that only looks like a push body is an event", () => {
  const event = { ...EVENT, subscription: "s", message: {} };
  const body = Buffer.from(JSON.stringify(event));
  expect(toPushJobs({ headers: { "content-type": "application/json" }, body })).toMatchObject([{ refused: {} }]);
  const own = { ...EVENT, subscription: "s", message: "m" };
  expect(toPushJobs({ headers: STRUCTURED, body: Buffer.from(JSON.stringify(own)) })).toMatchObject([{ event: own }]);
});

it("whatever a push holds, it is an event or a refusal, never a throw, which would come again for ever", () => {
  const anyMessage = fc.record(
    {
      data: fc.oneof(fc.base64String(), fc.jsonValue()),
      attributes: fc.oneof(
        fc.dictionary(fc.constantFrom("ce-specversion", "ce-id", "content-type", "x"), fc.jsonValue()),
        fc.constant({ "ce-id": { toString: 1 } }),
        fc.jsonValue(),
      ),
    },
    { requiredKeys: [] },
  );
  const anyPush = fc.oneof(
    fc.record({
      subscription: fc.oneof(fc.constant("s"), fc.jsonValue()),
      message: fc.oneof(anyMessage, fc.jsonValue()),
    }),
    anyMessage.map((message) => ({ ...EVENT, type: MESSAGE_PUBLISHED, data: { message } })),
    fc.jsonValue(),
  );
  const anyHeaders = fc.constantFrom({}, ID, STRUCTURED, {
    "content-type": "application/json",
    "ce-type": MESSAGE_PUBLISHED,
  });
  fc.assert(
    fc.property(anyPush, anyHeaders, (push, headers) => {
      const jobs = toPushJobs({ headers, body: Buffer.from(JSON.stringify(push)) });
      expect(jobs.every((job) => "event" in job || "refused" in job)).toBe(true);
    }),
    { numRuns: Number(process.env.FC_RUNS ?? 1_000) },
  );
});

it.each(Object.entries(forms))(
  "%s: a stray attribute and a made-up type hide no structured event",
  (_form, publish) => {
    const attributes = { "content-type": "application/octet-stream", "ce-type": "x" };
    const [job] = toPushJobs(publish({ attributes, data: JSON.stringify(EVENT) }), { topic: "orders" });
    expect(job).toMatchObject({ event: EVENT });
  },
);
