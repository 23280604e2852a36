import { type CloudEventV1, HTTP } from "cloudevents";
import { describe, expect, expectTypeOf, it } from "vitest";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { decode, type Message } from "./decode.ts";
import { encodeBatch, encodeBinary, encodeStructured } from "./encode.ts";
import { HTTP_HEADERS } from "./header-value.ts";

const required = { specversion: "1.0", id: "e-1", source: "/shop/order", type: "com.example.order.created.v1" };
// The SDK sets the time of an event that has none to now.
const timed = { ...required, time: "2026-11-23T10:00:00.000Z" };
const structuredType = { "content-type": "application/cloudevents+json" };
const ceHeaders = {
  "ce-specversion": "1.0",
  "ce-id": "e-1",
  "ce-source": "/shop/order",
  "ce-type": required.type,
  "ce-time": timed.time,
};

interface Sent {
  readonly headers: Record<string, string>;
  readonly body: string;
}

const structured = (members: object, headers: Record<string, string> = structuredType): Sent => ({
  headers,
  body: JSON.stringify({ ...timed, ...members }),
});

/** Events as plain members, without the ones that the SDK sets to undefined; "refused" where there is none. */
function ours({ headers, body }: Sent): unknown {
  return decode({ headers, body: Buffer.from(body), coding: HTTP_HEADERS }).map((one) =>
    "event" in one ? plain(one.event) : "refused",
  );
}

function theirs({ headers, body }: Sent): unknown {
  try {
    return [HTTP.toEvent({ headers, body })].flat().map(plain);
  } catch {
    return ["refused"];
  }
}

function plain(event: object): unknown {
  return Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined));
}

it("the event type and the SDK's are assignable both ways", () => {
  expectTypeOf<CloudEvent<{ total: number }>>().toExtend<CloudEventV1<{ total: number }>>();
  expectTypeOf<CloudEventV1<{ total: number }>>().toExtend<CloudEvent<{ total: number }>>();
  expectTypeOf<CloudEvent>().toExtend<CloudEventV1<unknown>>();
  expectTypeOf<CloudEventV1<unknown>>().toExtend<CloudEvent>();
});

describe("decode agrees with the cloudevents SDK", () => {
  it.each<[string, Sent]>([
    ["an object as data", structured({ data: { total: 1 }, datacontenttype: "application/json" })],
    ["text as data", structured({ data: "text" })],
    ["every attribute", structured({ subject: "o-1", dataschema: "https://example.com/a", ext: "x", data: [1] })],
    ["a boolean and an integer extension", structured({ retried: true, attempt: 5, data: 1 })],
    ["no data", structured({})],
    [
      "a charset as the SDK knows it",
      structured({ data: 1 }, { "content-type": "application/cloudevents+json; charset=utf-8" }),
    ],
    ["binary JSON", { headers: { ...ceHeaders, "content-type": "application/json" }, body: '{"a":1}' }],
    ["binary text", { headers: { ...ceHeaders, "content-type": "text/plain" }, body: "text" }],
    ["a binary extension", { headers: { ...ceHeaders, "ce-ext": "x", "content-type": "text/plain" }, body: "text" }],
    [
      "a batch",
      {
        headers: { "content-type": "application/cloudevents-batch+json" },
        body: JSON.stringify([timed, { ...timed, id: "e-2", data: {} }]),
      },
    ],
    ["no CloudEvent at all", { headers: { "content-type": "text/plain" }, body: "text" }],
    ["broken JSON", { headers: structuredType, body: "{" }],
    ["an empty body", { headers: structuredType, body: "" }],
  ])("on %s", (_name, sent) => {
    expect(theirs(sent)).toEqual(ours(sent));
  });
});

/** What it does otherwise, and why we do not follow. */
describe("decode differs from the cloudevents SDK", () => {
  it.each<{
    readonly on: string;
    readonly sent: Sent;
    readonly ours: unknown;
    readonly theirs: unknown;
    readonly because: string;
  }>([
    {
      on: "a missing id",
      sent: structured({ id: undefined }),
      ours: ["refused"],
      theirs: [{ ...timed, id: expect.stringMatching(/^[0-9a-f-]{36}$/) }],
      because: "an invented id is another one at each delivery: no repetition is ever known again",
    },
    {
      on: "a missing source",
      sent: structured({ source: undefined }),
      ours: ["refused"],
      theirs: [{ specversion: "1.0", id: "e-1", type: required.type, time: timed.time }],
      because: "source and id together are the identity of an event",
    },
    {
      on: "a missing time",
      sent: structured({ time: undefined }),
      ours: [required],
      theirs: [{ ...required, time: expect.stringMatching(/Z$/) }],
      because: "the time of arrival is not the time of the event",
    },
    {
      on: "a bad time",
      sent: structured({ time: "yesterday" }),
      ours: ["refused"],
      theirs: [{ ...required, time: expect.stringMatching(/Z$/) }],
      because: "it is replaced by now, which makes an old event young",
    },
    {
      on: "a time finer than milliseconds",
      sent: structured({ time: "2026-11-23T10:00:00.123456+01:00" }),
      ours: [{ ...required, time: "2026-11-23T10:00:00.123456+01:00" }],
      theirs: [{ ...required, time: "2026-11-23T09:00:00.123Z" }],
      because: "what is passed on must be what came",
    },
    {
      on: "specversion 2.0",
      sent: structured({ specversion: "2.0" }),
      ours: ["refused"],
      theirs: [{ ...timed, specversion: "2.0" }],
      because: "the rules of another version are unknown",
    },
    {
      on: "data 0",
      sent: structured({ data: 0 }),
      ours: [{ ...timed, data: 0 }],
      theirs: [timed],
      because: "falsy data is data",
    },
    {
      on: "null data",
      sent: structured({ data: null }),
      ours: [{ ...timed, data: null }],
      theirs: [timed],
      because: "JSON format 3.1.1: null is a payload, distinct from none",
    },
    {
      on: "an integer beyond 2^53",
      sent: { headers: structuredType, body: `${JSON.stringify(timed).slice(0, -1)},"data":9007199254740993}` },
      ours: [{ ...timed, data: 9007199254740993n }],
      theirs: [{ ...timed, data: 9007199254740992 }],
      because: "it is rounded in silence",
    },
    {
      on: "bytes",
      sent: structured({ data_base64: "AAH/" }),
      ours: [{ ...timed, data: new Uint8Array([0, 1, 255]) }],
      theirs: [{ ...timed, data: new Uint32Array([0, 1, 255]), data_base64: expect.any(String) }],
      because: "a Uint32Array has four bytes for each, and written again they are other bytes",
    },
    {
      on: "data and data_base64 together",
      sent: structured({ data: 1, data_base64: "AAH/" }),
      ours: ["refused"],
      theirs: [{ ...timed, data: new Uint32Array([0, 1, 255]), data_base64: expect.any(String) }],
      because: "JSON format 3.1.1: they exclude each other, and one would be lost",
    },
    {
      on: "a bad extension name",
      sent: structured({ "dash-ext": "x" }),
      ours: ["refused"],
      theirs: [{ ...timed, "dash-ext": "x" }],
      because: "no binding can carry it on",
    },
    {
      on: "an object as extension",
      sent: structured({ ext: { a: 1 } }),
      ours: ["refused"],
      theirs: [{ ...timed, ext: { a: 1 } }],
      because: "the type system has no objects",
    },
    {
      on: "a null extension",
      sent: structured({ ext: null }),
      ours: [timed],
      theirs: [{ ...timed, ext: null }],
      because: "JSON format 2.2: null is unset",
    },
    {
      on: "a prototype member",
      sent: {
        headers: structuredType,
        body: `${JSON.stringify(timed).slice(0, -1)},"data":{"__proto__":{"admin":true}}}`,
      },
      ours: ["refused"],
      theirs: [{ ...timed, data: JSON.parse('{"__proto__":{"admin":true}}') }],
      because: "the next merge of it would change every object",
    },
    {
      on: "an upper-case content type",
      sent: structured({ data: 1 }, { "content-type": "Application/CloudEvents+JSON" }),
      ours: [{ ...timed, data: 1 }],
      theirs: ["refused"],
      because: "media types are case-insensitive (RFC 9110, 8.3.1)",
    },
    {
      on: "whitespace before the JSON",
      sent: { headers: structuredType, body: `\n${JSON.stringify(timed)}` },
      ours: [timed],
      theirs: ["refused"],
      because: "RFC 8259 allows it",
    },
    {
      on: "a percent-encoded header",
      sent: { headers: { ...ceHeaders, "ce-subject": "Euro%20%E2%82%AC", "content-type": "text/plain" }, body: "x" },
      ours: [{ ...timed, datacontenttype: "text/plain", subject: "Euro €", data: "x" }],
      theirs: [{ ...timed, datacontenttype: "text/plain", subject: "Euro%20%E2%82%AC", data: "x" }],
      because: "HTTP binding 3.1.3.2: header values are percent-encoded",
    },
    {
      on: "JSON of a vendor type in binary mode",
      sent: { headers: { ...ceHeaders, "content-type": "application/vnd.order+json" }, body: '{"a":1}' },
      ours: [{ ...timed, datacontenttype: "application/vnd.order+json", data: { a: 1 } }],
      theirs: [{ ...timed, datacontenttype: "application/vnd.order+json", data: '{"a":1}' }],
      because: "JSON format 3.1.1: */*+json declares JSON",
    },
    {
      on: "application/json with a specversion",
      sent: structured({ data: 1 }, { "content-type": "application/json" }),
      ours: [{ ...timed, data: 1 }],
      theirs: ["refused"],
      because: "sidecars and people with curl send it",
    },
  ])("on $on: $because", ({ sent, ours: expected, theirs: their }) => {
    expect(ours(sent)).toEqual(expected);
    expect(theirs(sent)).toEqual(their);
    expect(theirs(sent)).not.toEqual(ours(sent));
  });
});

describe("the SDK reads what we encode", () => {
  const event: CloudEvent = {
    ...timed,
    subject: "o-1",
    ext: "x",
    datacontenttype: "application/json",
    data: { total: 1 },
  };
  const asText = ({ headers, body }: Message) => ({
    headers: headers as Record<string, string>,
    body: Buffer.from(body).toString(),
  });

  it.each<[string, Sent, unknown]>([
    ["structured", { headers: structuredType, body: encodeStructured(event) }, [event]],
    [
      "batch",
      { headers: { "content-type": "application/cloudevents-batch+json" }, body: encodeBatch([event]) },
      [event],
    ],
    ["binary", asText(encodeBinary(event)), [event]],
  ])("in %s mode", (_mode, sent, expected) => {
    expect(theirs(sent)).toEqual(expected);
  });
});
