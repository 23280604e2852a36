import { describe, expect, it } from "vitest";
import { type Decoded, decode, type Message } from "./decode.ts";
import { HTTP_HEADERS } from "./header-value.ts";

const required = { specversion: "1.0", id: "e-1", source: "/s", type: "com.example.t.v1" };
const ceHeaders = { "ce-specversion": "1.0", "ce-id": "e-1", "ce-source": "/s", "ce-type": required.type };
const LABEL = { "content-type": "application/cloudevents+json" };

const text = (value: unknown) => JSON.stringify(value);
const one = (headers: Message["headers"], body: string): Decoded => {
  const [decoded] = decode({ headers, body: Buffer.from(body), coding: HTTP_HEADERS });
  if (!decoded) throw new Error("nothing");
  return decoded;
};
const structured = (members: object) => one(LABEL, text({ ...required, ...members }));
const binary = (headers: Message["headers"], body = "") => one({ ...ceHeaders, ...headers }, body);
const eventOf = (decoded: Decoded) => ("event" in decoded ? decoded.event : decoded.refused);
const codeOf = (decoded: Decoded) => ("refused" in decoded ? decoded.refused.code : "an event");

describe("one event is one value, however its data is written", () => {
  it.each([
    ["application/json", '{"n":9007199254740993}', { n: 9007199254740993n }],
    ["application/vnd.acme+json", '{"n":1}', { n: 1 }],
    ["application/json; charset=utf-8", '"text"', "text"],
    ["text/plain", "zażółć", "zażółć"],
    ["text/csv; charset=utf-8", "a,b", "a,b"],
    ["application/xml", "<a>ż</a>", "<a>ż</a>"],
    ["application/soap+xml", "<a/>", "<a/>"],
    ["application/octet-stream", "text", Buffer.from("text")],
    ["application/pdf", "%PDF", Buffer.from("%PDF")],
  ])("%s: %s", (datacontenttype, payload, data) => {
    const event = { ...required, datacontenttype, data: data instanceof Uint8Array ? new Uint8Array(data) : data };
    expect(eventOf(binary({ "content-type": datacontenttype }, payload))).toStrictEqual(event);
    const data_base64 = Buffer.from(payload).toString("base64");
    expect(eventOf(structured({ datacontenttype, data_base64 }))).toStrictEqual(event);
    const member = /json/.test(datacontenttype) ? payload : text(payload);
    const json = `${text({ ...required, datacontenttype }).slice(0, -1)},"data":${member}}`;
    expect(eventOf(one(LABEL, json))).toStrictEqual(event);
  });

  it("that is JSON by its label and does not parse is refused as json in both modes", () => {
    const datacontenttype = "application/json";
    expect(codeOf(binary({ "content-type": datacontenttype }, "{"))).toBe("json");
    const data_base64 = Buffer.from("{").toString("base64");
    expect(structured({ datacontenttype, data_base64 })).toMatchObject({
      refused: { code: "json", message: "data_base64: must be JSON, got other text" },
    });
  });

  it("that is text by its label and not UTF-8 is bytes in both modes", () => {
    const data_base64 = Buffer.from([0xe9]).toString("base64");
    for (const datacontenttype of ["text/plain", "text/plain; charset=iso-8859-1", "application/xml"]) {
      const headers = { ...ceHeaders, "content-type": datacontenttype };
      const [decoded] = decode({ headers, body: Uint8Array.of(0xe9) }) as [Decoded];
      const event = { ...required, datacontenttype, data: Uint8Array.of(0xe9) };
      expect([eventOf(decoded), eventOf(structured({ datacontenttype, data_base64 }))]).toStrictEqual([event, event]);
    }
  });

  it("that is empty JSON is no data in both modes", () => {
    const datacontenttype = "application/json";
    const event = { ...required, datacontenttype };
    expect(eventOf(structured({ datacontenttype, data_base64: "" }))).toStrictEqual(event);
    expect(eventOf(binary({ "content-type": datacontenttype }))).toStrictEqual(event);
  });

  it.each(["utf-16le", "utf-16"])("that is text in %s is bytes, though all of them are ASCII", (charset) => {
    const datacontenttype = `text/plain; charset=${charset}`;
    const [decoded] = decode({
      headers: { ...ceHeaders, "content-type": datacontenttype },
      body: Buffer.from("ab", "utf16le"),
    }) as [Decoded];
    expect(eventOf(decoded)).toMatchObject({ data: new Uint8Array(Buffer.from("ab", "utf16le")) });
  });
});

describe("what SDKs write", () => {
  it.each([
    ["source", "/a%20b", "/a%20b"],
    ["source", "https://a.example/%2F", "https://a.example//"],
    ["source", "/a%E9", "/a%E9"],
    ["source", "urn:a%25zz", "urn:a%25zz"],
    ["dataschema", "https://a.example/x%20y", "https://a.example/x%20y"],
    ["dataschema", "https%3A//a.example/x", "https://a.example/x"],
  ])("takes the %s %s as it came only where nothing else is a reference", (name, header, value) => {
    expect(eventOf(binary({ [`ce-${name}`]: header }))).toEqual({ ...required, [name]: value });
  });

  it.each(["/a b", "/%zz", "a%20b%", "/<a>"])("refuses the source %s, which is none either way", (header) => {
    expect(codeOf(binary({ "ce-source": header }))).toBe("attribute");
  });

  it.each([
    ["application/json", "application/json"],
    ["application/json; charset=utf-8", "application/json"],
    ["application/json", "Application/JSON;charset=UTF-8"],
    ['text/plain; charset="utf-8"', "text/plain;charset=utf-8"],
  ])("takes the content type %s beside the ce-datacontenttype %s", (contentType, named) => {
    const decoded = binary({ "content-type": contentType, "ce-datacontenttype": named }, "1");
    expect(eventOf(decoded)).toMatchObject({ datacontenttype: contentType });
  });

  it("takes ce-datacontenttype for the content type that is missing", () => {
    expect(eventOf(binary({ "ce-datacontenttype": "text/plain" }, "1"))).toEqual({
      ...required,
      datacontenttype: "text/plain",
      data: "1",
    });
  });

  it("has optional attributes unset that are sent empty", () => {
    const headers = { "ce-subject": "", "ce-time": "", "ce-dataschema": "", "ce-datacontenttype": "" };
    expect(eventOf(binary({ ...headers, "content-type": "" }))).toEqual(required);
  });

  it.each(["text/plain;\tcharset=utf-8", "text/plain \t; charset=utf-8", 'text/plain; a="\t"; charset=utf-8'])(
    "takes tabs and blanks where a media type allows them: %j",
    (datacontenttype) => {
      const event = { ...required, datacontenttype, data: "a" };
      expect(eventOf(structured({ datacontenttype, data: "a" }))).toEqual(event);
      expect(eventOf(binary({ "content-type": datacontenttype }, "a"))).toEqual(event);
    },
  );

  it.each(["text/\tplain", "\ttext/plain", "text/plain;\ncharset=utf-8"])("and nowhere else: %j", (datacontenttype) => {
    expect(codeOf(structured({ datacontenttype, data: "a" }))).toBe("attribute");
  });

  it.each([{ "ce-type": "other" }, { "ce-id": "5", "content-type": "application/json" }, { "ce-note": "x" }])(
    "is not disturbed by %j beside a structured event",
    (headers) => {
      expect(eventOf(one(headers, text({ ...required, data: 1 })))).toEqual({ ...required, data: 1 });
    },
  );

  it.each([{ "ce-specversion": "1.0" }, { "ce-specversion": "1.0", "ce-type": "other", "ce-id": "5" }])(
    "nor by %j, which is no whole event",
    (headers) => {
      const all = { ...headers, "content-type": "application/json" };
      expect(eventOf(one(all, text({ ...required, data: 1 })))).toEqual({ ...required, data: 1 });
      expect(codeOf(one(all, "{}"))).toBe("attribute");
    },
  );

  it("takes attributes of other carriers than HTTP as they are", () => {
    const body = Buffer.from("1");
    const of = (source: string) => {
      const headers = { ...ceHeaders, "ce-source": source, "ce-subject": "100%" };
      return eventOf(decode({ headers, body })[0] as Decoded);
    };
    expect(of("/a%20b")).toMatchObject({ source: "/a%20b", subject: "100%" });
    expect(of("/a b")).toMatchObject({ code: "attribute" });
    expect(of("/bücher")).toMatchObject({ code: "attribute" });
  });

  it("compares media types in time that grows with their parameters, not with the square of their number", () => {
    const fastest = (count: number) => {
      const headers = { "content-type": `application/json${";".repeat(count)}a=b`, "ce-datacontenttype": "text/plain" };
      const times = Array.from({ length: 5 }, () => {
        const started = performance.now();
        expect(codeOf(binary(headers, "1"))).toBe("attribute");
        return performance.now() - started;
      });
      return Math.min(...times);
    };
    // Of one, 10 times as many take 10 times as long; of the other, 100 times. Whatever else the machine does only adds to it.
    const ratios = Array.from({ length: 5 }, () => fastest(200_000) / fastest(20_000));
    expect(Math.min(...ratios)).toBeLessThan(40);
  });

  it("takes a specversion among the headers for binary mode, whatever the data looks like", () => {
    const decoded = binary({ "content-type": "application/json" }, text(required));
    expect(eventOf(decoded)).toEqual({ ...required, datacontenttype: "application/json", data: required });
  });
});

describe("what is refused still says what it is", () => {
  it.each([
    ["structured", structured({ ts: 1795759200000 })],
    ["structured", structured({ traceId: "x" })],
    ["binary", binary({ "ce-trace-id": "x" })],
    ["without a label", one({}, text({ ...required, iodebeziumtxId: "1" }))],
    ["a batch", one({ "content-type": "application/cloudevents-batch+json" }, text([{ ...required, "a-b": 1 }]))],
    ["too large", structured({ data: "x".repeat(300_000) })],
    ["too deep", one(LABEL, `${text(required).slice(0, -1)},"data":${"[".repeat(70)}${"]".repeat(70)}}`)],
  ])("%s", (_mode, decoded) => {
    expect(decoded).toMatchObject({ refused: { name: "Dead" }, about: required });
  });

  it.each([
    ["no JSON", one(LABEL, "{")],
    ["no object", one(LABEL, "[1]")],
    ["a type that is no text", structured({ type: 5 })],
    ["no type", structured({ type: undefined })],
  ])("but %s", (_what, decoded) => {
    expect(decoded).not.toHaveProperty("about.type");
  });

  it.each([
    ["plain JSON", { orderId: "o-1", Total: 5 }],
    ["a change of a database", { after: {}, op: "c" }],
    ["an event of an older specification", { cloudEventsVersion: "0.1", eventType: "a" }],
  ])("and %s lacks a specversion before it breaks any other rule", (_what, value) => {
    expect(one(LABEL, text(value))).toMatchObject({
      refused: {
        code: "attribute",
        message: "specversion: must be set, without it this is no CloudEvent, got nothing",
      },
    });
  });
});
