import { describe, expect, it } from "vitest";
import { decode } from "../core/event/decode.ts";
import { eventKey } from "../core/event/ids.ts";
import { fromRecord } from "./record.ts";

// As daprd handed them over of one record, `escapeHeaders` on: 1.14.0 ignores it.
const record = {
  "1.14.0": { ce_id: "k 10 ü%", ce_source: "/other", ce_type: "com.example.t.v1", __key: "k 10 ü%" },
  "1.18.3": { ce_id: "k+10+%C3%BC%25", ce_source: "%2Fother", ce_type: "com.example.t.v1", __key: "k+10+%C3%BC%25" },
};
const SHOWN = { "content-type": "application/cloudevents+json", __topic: "orders", __partition: "0", __offset: "7" };

/** Node reads the bytes of headers as Latin-1. */
const onTheWire = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, text]) => [name, Buffer.from(text, "utf8").toString("latin1")]),
  );
const read = (headers: Readonly<Record<string, string>>, body = '{"n":1}') => {
  const message = { headers: onTheWire({ ...SHOWN, ce_specversion: "1.0", ...headers }), body: Buffer.from(body) };
  const [decoded] = decode(fromRecord(message));
  if (!decoded || "refused" in decoded) throw decoded?.refused ?? new Error("nothing");
  return decoded.event;
};
const INSIDE = '{"specversion":"1.0","type":"com.dapr.event.sent","data":{"specversion":"1.0","type":"t"}}';
const minimal = { ce_id: "1", ce_source: "/s", ce_type: "t" };

it.each(Object.entries(record))("is the same event through daprd %s, under the same key", (_version, headers) => {
  const event = read(headers);
  expect(event).toEqual({
    specversion: "1.0",
    id: "k 10 ü%",
    source: "/other",
    type: "com.example.t.v1",
    data: { n: 1 },
  });
  expect(eventKey(event)).toBe(eventKey(read(record["1.14.0"])));
});

describe("a record's headers are unescaped where all may be escaped and one must be", () => {
  it.each([
    ["an escape in an attribute", { ce_subject: "a%2Fb", ce_source: "s" }, { subject: "a/b" }],
    ["a blank in an attribute", { ce_subject: "a+b", ce_source: "s" }, { subject: "a b" }],
    ["an escape in the key alone", { ce_subject: "a-b", ce_source: "s", __key: "a%2Fb" }, { subject: "a-b" }],
    ["nothing to escape anywhere", { ce_subject: "a-b", ce_source: "s" }, { subject: "a-b" }],
    ["a character in another attribute that would be escaped", { ce_subject: "a%2Fb" }, { subject: "a%2Fb" }],
    ["such a character in the key", { ce_subject: "a+b", ce_source: "s", __key: "a/b" }, { subject: "a+b" }],
    ["a percent sign that begins no escape", { ce_subject: "100%", ce_source: "s" }, { subject: "100%" }],
    ["a percent sign, and an escape", { ce_subject: "100%", ce_note: "a%2Fb", ce_source: "s" }, { note: "a%2Fb" }],
    ["an escape that is no UTF-8", { ce_subject: "%E9", ce_source: "s" }, { subject: "%E9" }],
  ])("%s", (_what, headers, expected) => {
    expect(read({ ...minimal, ...headers })).toMatchObject(expected);
  });

  it("and the attributes are text then, not percent-encoded a second time", () => {
    const event = read({ ...minimal, ce_subject: "100%25+sure", ce_source: "s" });
    expect(event).toMatchObject({ subject: "100% sure" });
    expect(() => read({ ...minimal, ce_source: "/a b" })).toThrow(/^source: must be a URI reference/);
    expect(read({ ...minimal, ce_source: "/a%20b" })).toMatchObject({ source: "/a%20b" });
  });

  it("tracestate among them, and nothing that is daprd's own", () => {
    const headers = { ...minimal, ce_specversion: "1.0", ce_source: "%2Fs", tracestate: "a%3D1%2Cb%3D2", x: "%2F" };
    expect(fromRecord({ headers, body: Buffer.from("1") }).headers).toStrictEqual({
      "ce-id": "1",
      "ce-source": "/s",
      "ce-type": "t",
      "ce-specversion": "1.0",
      tracestate: "a=1,b=2",
      x: "%2F",
    });
  });
});

it.each([
  ["JSON", "[1]", {}, [1]],
  ["a text of JSON", '"a"', {}, "a"],
  ["a tombstone, which daprd shows as null", "null", {}, null],
  ["text by its own label", "a", { ce_datacontenttype: "text/plain" }, "a"],
  ["an integer beyond 2^53", "9007199254740993", {}, 9007199254740993n],
])("has the record's value for data: %s", (_what, body, headers, data) => {
  expect(read({ ...minimal, ...headers }, body).data).toEqual(data);
});

it.each([
  ["in base64", { data_base64: Buffer.from('{"n":1}').toString("base64") }],
  ["as JSON", { data: { n: 1 } }],
  ["as JSON that has a type", { data: { n: 1, type: "payment" } }],
])("is found in the envelope of a subscription with rawPayload, %s", (_how, members) => {
  const envelope = { specversion: "1.0", id: "new", source: "Dapr", type: "com.dapr.event.sent", ...members };
  expect(read(minimal, JSON.stringify(envelope))).toMatchObject({ id: "1", source: "/s", type: "t", data: { n: 1 } });
});

it.each([
  ["an event in such an envelope", { ce_specversion: "1.0" }, INSIDE],
  ["a structured event, whatever headers stand beside it", { ce_specversion: "1.0" }, '{"specversion":"1.0"}'],
  ["a message without a specversion among its headers", { ce_id: "1", ce_type: "t" }, "{}"],
  ["headers of HTTP's binary mode", { "ce-specversion": "1.0" }, "{}"],
])("leaves %s as it is", (_what, headers, body) => {
  const message = { headers: { ...SHOWN, ...headers }, body: Buffer.from(body) };
  expect(fromRecord(message)).toEqual(message);
});
