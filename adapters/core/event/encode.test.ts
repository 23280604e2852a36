import { describe, expect, it } from "vitest";
import { decode } from "./decode.ts";
import { encodeBatch, encodeBinary, encodeStructured } from "./encode.ts";

const required = { specversion: "1.0", id: "e-1", source: "/shop/order", type: "com.example.order.created.v1" };

describe("structured mode", () => {
  it("is the event as JSON, without what is undefined", () => {
    const event = { ...required, retried: true, attempt: 5, data: { total: 1, none: undefined } };
    expect(JSON.parse(encodeStructured(event))).toEqual({ ...required, retried: true, attempt: 5, data: { total: 1 } });
    expect(encodeStructured({ ...required, data: undefined })).toBe(JSON.stringify(required));
  });

  it("writes an integer beyond 2^53 digit by digit: money never goes through a float", () => {
    const text = encodeStructured({ ...required, data: { total: 9007199254740993n, lines: [1, -9007199254740995n] } });
    expect(text).toContain('"data":{"total":9007199254740993,"lines":[1,-9007199254740995]}');
  });

  it("writes bytes as data_base64 and nothing as data", () => {
    const slice = new Uint8Array([9, 0, 1, 255, 9]).subarray(1, 4);
    const text = encodeStructured({ ...required, data: slice });
    expect(JSON.parse(text)).toEqual({ ...required, data_base64: "AAH/" });
  });

  it("throws for a cycle, which JSON cannot say", () => {
    const cycle: { self?: object } = {};
    cycle.self = cycle;
    expect(() => encodeStructured({ ...required, data: cycle })).toThrow(TypeError);
  });
});

describe("batch", () => {
  it("is an array of structured events", () => {
    const text = encodeBatch([required, { ...required, id: "e-2", data: new Uint8Array([0]) }]);
    expect(JSON.parse(text)).toEqual([required, { ...required, id: "e-2", data_base64: "AA==" }]);
    expect(encodeBatch([])).toBe("[]");
  });
});

describe("binary mode", () => {
  it.each([
    [{ data: { total: 9007199254740993n } }, "application/json", '{"total":9007199254740993}'],
    [{ data: "text" }, "application/json", '"text"'],
    [{ data: null }, "application/json", "null"],
    [{ data: "text", datacontenttype: "text/plain" }, "text/plain", "text"],
    [{ data: "<a/>", datacontenttype: "application/xml" }, "application/xml", "<a/>"],
    [{ data: 1, datacontenttype: "Application/Vnd.Order+JSON" }, "Application/Vnd.Order+JSON", "1"],
    [{ data: new Uint8Array([104, 105]) }, undefined, "hi"],
    [{ datacontenttype: "text/plain" }, "text/plain", ""],
    [{}, undefined, ""],
  ])(
    "case %#: data is the body, its type the content type (JSON where the JSON format implies it)",
    (members, contentType, body) => {
      const message = encodeBinary({ ...required, ...members });
      expect(message.headers["content-type"]).toBe(contentType);
      expect(new TextDecoder().decode(message.body)).toBe(body);
    },
  );

  it("percent-encodes what the HTTP binding says and nothing else (3.1.3.2)", () => {
    const printable = Array.from({ length: 94 }, (_, index) => String.fromCharCode(0x21 + index)).join("");
    const { headers } = encodeBinary({
      ...required,
      subject: "Euro € 😀",
      ext: printable,
      attempt: 5,
      unset: undefined,
    });
    expect(headers).toEqual({
      "ce-specversion": "1.0",
      "ce-id": "e-1",
      "ce-source": "/shop/order",
      "ce-type": required.type,
      "ce-subject": "Euro%20%E2%82%AC%20%F0%9F%98%80",
      "ce-ext": printable.replace("%", "%25").replace('"', "%22"),
      "ce-attempt": "5",
    });
  });

  it.each([
    [{ data: {}, datacontenttype: "text/plain" }, "data"],
    [{ data: 1, datacontenttype: "application/xml" }, "data"],
    [{ data: "\ud800", datacontenttype: "text/plain" }, "data"],
    [{ data: "ž", datacontenttype: "text/plain; charset=iso-8859-2" }, "data"],
    [{ subject: "\ud800" }, "attribute"],
  ])("refuses what would arrive as something else: %j", (members, code) => {
    expect(() => encodeBinary({ ...required, ...members })).toThrow(expect.objectContaining({ name: "Dead", code }));
  });

  it.each([
    ["empty text", { data: "", datacontenttype: "text/plain" }, { datacontenttype: "text/plain" }],
    ["no bytes", { data: new Uint8Array() }, {}],
    ["a boolean", { ext: true }, { ext: "true" }],
    ["an integer", { ext: 5 }, { ext: "5" }],
    ["no datacontenttype", { data: 1 }, { data: 1, datacontenttype: "application/json" }],
  ])("cannot say %s", (_name, members, arrives) => {
    expect(decode(encodeBinary({ ...required, ...members }))).toEqual([{ event: { ...required, ...arrives } }]);
  });
});
