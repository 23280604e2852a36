import { describe, expect, it } from "vitest";
import { decode } from "../core/event/decode.ts";
import { nameIn, unwrap } from "./carrier.ts";

const EVENT = { specversion: "1.0", id: "e-1", source: "/s", type: "t", data: { n: 1 } };
const BODY = JSON.stringify(EVENT);
const text = (stringValue: string) => ({ stringValue, dataType: "String" });
const notification = (Message: string, MessageAttributes?: object) =>
  JSON.stringify({ Type: "Notification", TopicArn: "arn:aws:sns:r:1:shop-orders", Message, MessageAttributes });
const read = (body: string, attributes = {}) => {
  const [decoded] = decode(unwrap({ body, attributes, topic: "queue" }).message);
  return decoded && "event" in decoded ? decoded.event : decoded?.refused.code;
};

it("takes attributes for text as it is: none is percent-encoded, so that no two of them are one", () => {
  const attributes = (source: string) => ({
    "ce-specversion": text("1.0"),
    "ce-id": text("50%25"),
    "ce-source": text(source),
    "ce-type": text("t"),
  });
  expect(read("1", attributes("/a%20b"))).toMatchObject({ id: "50%25", source: "/a%20b" });
  expect(read("1", attributes("/a b"))).toBe("attribute");
});

describe("unwrap", () => {
  it.each([
    ["a structured event without any attributes, as Dapr publishes it", BODY, {}],
    ["a structured event labelled as such", BODY, { "content-type": text("application/cloudevents+json") }],
    ["an attribute for a filter policy beside a structured event", BODY, { "ce-type": text("t"), type: text("t") }],
    ["the envelope of SNS", notification(BODY), {}],
    ["an envelope with attributes of its own", notification(BODY, { "ce-type": { Type: "String", Value: "t" } }), {}],
    ["an envelope in an envelope", notification(notification(BODY)), {}],
    ["the envelope of EventBridge", JSON.stringify({ "detail-type": "t", source: "shop", detail: EVENT }), {}],
  ])("finds the event in %s", (_what, body, attributes) => {
    expect(read(body, attributes)).toEqual(EVENT);
  });

  const ATTRIBUTES = {
    "ce-specversion": "1.0",
    "ce-id": "50% é",
    "CE-Source": "/s",
    "ce-type": "t",
    "Content-Type": "application/json",
  };
  it.each([
    [
      "SQS",
      Object.fromEntries(Object.entries(ATTRIBUTES).map(([name, value]) => [name, text(value)])),
      (b: string) => b,
    ],
    [
      "SQS, as binary values",
      Object.fromEntries(
        Object.entries(ATTRIBUTES).map(([name, value]) => [
          name,
          { binaryValue: Buffer.from(value).toString("base64"), dataType: "Binary" },
        ]),
      ),
      (b: string) => b,
    ],
    [
      "SNS",
      {},
      (b: string) =>
        notification(
          b,
          Object.fromEntries(Object.entries(ATTRIBUTES).map(([name, Value]) => [name, { Type: "String", Value }])),
        ),
    ],
  ])("takes attributes of %s for what they say, not for percent-encoding", (_what, attributes, wrap) => {
    expect(read(wrap('{"n":1}'), attributes)).toEqual({ ...EVENT, id: "50% é", datacontenttype: "application/json" });
  });

  const LABELS = ["application/octet-stream", "Application/Octet-Stream; x=1", "application/x-www-form-urlencoded"];
  it.each(LABELS)("lets the body of a structured event decide beside %s, which is no sender's word", (label) => {
    const around = { "Content-Type": { Type: "String", Value: label } };
    expect([read(BODY, { "content-type": text(label) }), read(notification(BODY, around))]).toEqual([EVENT, EVENT]);
  });

  it("takes application/octet-stream for the type of the data in binary mode, where a sender has said it", () => {
    const type = "application/octet-stream";
    const attributes = Object.entries({ ...ATTRIBUTES, "Content-Type": type }).map(([name, value]) => [
      name,
      text(value),
    ]);
    const data = new Uint8Array(Buffer.from('{"n":1}'));
    const expected = { ...EVENT, id: "50% é", datacontenttype: type, data };
    expect(read('{"n":1}', Object.fromEntries(attributes))).toMatchObject(expected);
  });

  it("refuses an attribute with half a character instead of mending it", () => {
    expect(read("", { ...ATTRIBUTES, "ce-specversion": text("1.0"), "ce-id": text("\ud800") })).toBe("attribute");
  });

  it("keeps integers beyond 2^53 of an event in EventBridge's detail", () => {
    const detail = BODY.replace('{"n":1}', "[9007199254740993]");
    expect(read(`{"detail-type":"t","detail":${detail}}`)).toMatchObject({ data: [9007199254740993n] });
  });

  it.each([
    [
      "an event about envelopes",
      JSON.stringify({ ...EVENT, data: { TopicArn: "a", Message: "m", Type: "Notification" } }),
    ],
    ["an event with the members of an envelope", JSON.stringify({ ...EVENT, type: "Notification", topicarn: "x" })],
  ])("does not take %s for one", (_what, body) => {
    expect(read(body)).toEqual(JSON.parse(body));
  });

  it.each([
    ["text", "order 17", "json"],
    ["an envelope cut short", notification(BODY).slice(0, -3), "json"],
    ["an envelope of EventBridge around no event", '{"detail-type":"t","detail":{"n":1}}', "content-type"],
    ["an envelope nested so deep that it cannot be read", `{"detail-type":${"[".repeat(90_000)}`, "json"],
  ])("leaves %s to the core, that it says why it is no event", (_what, body, code) => {
    expect(read(body)).toBe(code);
  });

  it("knows the topic from the envelope, else only the queue", () => {
    expect([unwrap({ body: notification(BODY), topic: "q" }).topic, unwrap({ body: BODY, topic: "q" }).topic]).toEqual([
      "shop-orders",
      "q",
    ]);
  });
});

it.each([
  ["arn:aws:sqs:eu-west-1:123456789012:shop-billing", "shop-billing"],
  ["arn:aws:kinesis:eu-west-1:123456789012:stream/orders", "orders"],
  ["orders", "orders"],
  [17, undefined],
])("names what %s is about", (arn, name) => {
  expect(nameIn(arn)).toBe(name);
});

it("names what an ARN is about in time that does not grow with its square: anybody may have written it", () => {
  const arn = "x".repeat(1_000_000);
  expect(nameIn(arn)).toBe(arn);
});
