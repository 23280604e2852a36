import { describe, expect, it } from "vitest";
import { type Decoded, decode, type Message } from "./decode.ts";

const required = { specversion: "1.0", id: "e-1", source: "/s", type: "com.example.t.v1" };
const LABEL = { "content-type": "application/cloudevents+json" };

const text = (value: unknown) => JSON.stringify(value);
const base64 = (value: unknown) => Buffer.from(text(value)).toString("base64");
const one = (headers: Message["headers"], body: string): Decoded => {
  const [decoded] = decode({ headers, body: Buffer.from(body) });
  if (!decoded) throw new Error("nothing");
  return decoded;
};
const eventOf = (decoded: Decoded) => ("event" in decoded ? decoded.event : decoded.refused);
const codeOf = (decoded: Decoded) => ("refused" in decoded ? decoded.refused.code : "an event");

describe("an envelope of Dapr's", () => {
  const sent = { specversion: "1.0", id: "w-1", source: "checkout", type: "com.dapr.event.sent" };
  const inner = { ...required, time: "2026-11-27T10:00:00Z", data: { n: 9007199254740991 } };
  const envelope = (members: object) => one(LABEL, text({ ...sent, ...members }));

  it.each([
    ["an object", { datacontenttype: "application/json", data: inner }],
    ["an object without a label", { data: inner }],
    ["JSON text, as of text/plain", { datacontenttype: "text/plain", data: text(inner) }],
    ["JSON text that says it is JSON", { datacontenttype: "application/json", data: text(inner) }],
    ["bytes", { datacontenttype: "application/octet-stream", data_base64: base64(inner) }],
    ["bytes without a label", { data_base64: base64(inner) }],
    ["bytes of JSON by their label", { datacontenttype: "application/json", data_base64: base64(inner) }],
    ["a second envelope", { data: { ...sent, id: "w-2", data_base64: base64(inner) } }],
  ])("is opened where its data is an event as %s", (_how, members) => {
    const { id, traceparent } = { ...sent, traceparent: "of the envelope" };
    const opened = envelope({ traceparent, ...members });
    expect(opened).toEqual({ event: inner, envelope: expect.objectContaining({ id, traceparent }) });
  });

  it("is opened in binary mode, in a batch, and without a label", () => {
    const headers = { "ce-specversion": "1.0", "ce-id": "w", "ce-source": "s", "ce-type": sent.type };
    expect(eventOf(one({ ...headers, "content-type": "application/json" }, text(inner)))).toEqual(inner);
    const batch = { "content-type": "application/cloudevents-batch+json" };
    const body = Buffer.from(text([{ ...sent, data: inner }, required]));
    expect(decode({ headers: batch, body }).map(eventOf)).toEqual([inner, required]);
    expect(eventOf(one({}, text({ ...sent, data: inner })))).toEqual(inner);
  });

  it.each([
    ["object", `{"data":9007199254740993,${text(required).slice(1)}`],
    ["text", text(`{"data":9007199254740993,${text(required).slice(1)}`)],
  ])("keeps integers beyond 2^53 of an event as %s exact", (_how, data) => {
    expect(eventOf(one(LABEL, `${text(sent).slice(0, -1)},"data":${data}}`))).toEqual({
      ...required,
      data: 9007199254740993n,
    });
  });

  it.each([
    ["other JSON", { data: { orderId: "o-1" } }],
    ["other JSON that has a type", { data: { type: "payment", id: "5", source: "shop" } }],
    ["text of such JSON", { data: '{"type":"payment"}' }],
    ["text", { data: "hello" }],
    ["bytes", { datacontenttype: "application/octet-stream", data_base64: "AP8=" }],
    ["nothing", {}],
    ["null", { data: null }],
    ["a list of events", { data: [inner] }],
    ["a third envelope", { data: { ...sent, data: { ...sent, data: { ...sent, data: inner } } } }],
  ])("says what its publisher did not where its data is %s", (_what, members) => {
    expect(envelope(members)).toEqual({
      refused: expect.objectContaining({
        code: "type",
        message: "published without a type: say application/cloudevents+json, or metadata cloudevent.type",
      }),
      body: Buffer.from(text({ ...sent, ...members })),
      about: { specversion: "1.0", isSent: true },
    });
  });

  it("around an event that breaks a rule tells of that event", () => {
    const broken = { ...required, Bad: 1 };
    for (const members of [{ data: broken }, { data: text(broken) }, { data_base64: base64(broken) }])
      expect(envelope(members)).toMatchObject({ refused: { code: "attribute" }, about: { ...required, isSent: true } });
  });

  it("in thousands of envelopes is refused, whoever brings it: nothing of it comes again for ever", () => {
    const deep = `${text(sent).slice(0, -1)},"data":`.repeat(5_000) + text(inner) + "}".repeat(5_000);
    const batch = { "content-type": "application/cloudevents-batch+json" };
    const decoded = decode({ headers: batch, body: Buffer.from(`[${deep},${text(required)}]`) });
    expect(decoded.map(codeOf)).toEqual(["depth", "an event"]);
    const shorter = `${text(sent).slice(0, -1)},"data":`.repeat(1_000) + text(inner) + "}".repeat(1_000);
    expect(codeOf(one(LABEL, shorter))).toBe("depth");
  });

  it("may be larger than the event in it may be, but not make it larger", () => {
    const sized = (bytes: number) => {
      const empty = text({ ...required, data: "" }).length;
      return { ...required, data: "x".repeat(bytes - empty) };
    };
    const limit = 256 * 1024;
    for (const wrap of [
      (event: object) => ({ data_base64: base64(event) }),
      (event: object) => ({ data: text(event) }),
      (event: object) => ({ data: event }),
    ]) {
      expect(codeOf(envelope(wrap(sized(limit))))).toBe("an event");
      expect(codeOf(envelope(wrap(sized(limit + 1))))).toBe("size");
    }
  });
});
