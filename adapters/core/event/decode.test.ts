import { describe, expect, it } from "vitest";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { type Decoded, decode } from "./decode.ts";
import { encodeStructured } from "./encode.ts";
import { withTextExtensions } from "./event-size.ts";
import { HTTP_HEADERS } from "./header-value.ts";
import { parseEvent } from "./test-decode.ts";

const required = { specversion: "1.0", id: "e-1", source: "/shop/order", type: "com.example.order.created.v1" };
const ceHeaders = { "ce-specversion": "1.0", "ce-id": "e-1", "ce-source": "/shop/order", "ce-type": required.type };
const structuredType = { "content-type": "application/cloudevents+json" };
const batchType = { "content-type": "application/cloudevents-batch+json" };

const bytes = (text: string) => new TextEncoder().encode(text);
const structured = (members: object, headers: Record<string, string> = structuredType) =>
  decode({ headers, body: bytes(JSON.stringify({ ...required, ...members })) });
const raw = (text: string) => decode({ headers: structuredType, body: bytes(text) });
const binary = (headers: Record<string, string | readonly string[]>, body = "") =>
  decode({ headers: { ...ceHeaders, ...headers }, body: bytes(body), coding: HTTP_HEADERS });
const codeOf = ([first]: readonly Decoded[]) => (first && "refused" in first ? first.refused.code : "an event");
const messageOf = ([first]: readonly Decoded[]) => (first && "refused" in first ? first.refused.message : "an event");
const eventOf = ([first]: readonly Decoded[]) => (first && "event" in first ? first.event : first?.refused);
const base64 = (text: string | Uint8Array) => Buffer.from(text as string).toString("base64");
const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const withData = (json: string) => `${JSON.stringify(required).slice(0, -1)},"data":${json}}`;

describe("content mode", () => {
  it.each([
    "application/cloudevents+json",
    "application/cloudevents+json; charset=utf-8",
    "Application/CloudEvents+JSON;charset=UTF-8",
    'application/cloudevents+json; charset="utf-8"; profile=x',
    "application/cloudevents",
    "application/json",
    "application/vnd.order+json; charset=utf8",
    "",
  ])("is structured for %j", (contentType) => {
    expect(structured({ data: 1 }, { "content-type": contentType })).toEqual([{ event: { ...required, data: 1 } }]);
  });

  it("is structured for JSON with a specversion and no content type at all, as some sidecars send it", () => {
    expect(structured({ data: 1 }, {})).toEqual([{ event: { ...required, data: 1 } }]);
  });

  it("is structured even beside ce- headers, which may repeat attributes (HTTP binding 3.2.3)", () => {
    expect(eventOf(structured({}, { ...structuredType, "ce-id": "other" }))).toEqual(required);
  });

  it("is binary for any ce- header", () => {
    expect(binary({ "content-type": "application/json" }, '{"a":1}')).toEqual([
      { event: { ...required, datacontenttype: "application/json", data: { a: 1 } } },
    ]);
    expect(codeOf(decode({ headers: { "ce-id": "e-1" }, body: bytes("") }))).toBe("attribute");
  });

  it.each(["application/cloudevents-batch+json", "application/cloudevents-batch+json; charset=UTF-8"])(
    "is batch for %j",
    (contentType) => {
      const body = bytes(JSON.stringify([required, { ...required, id: "e-2" }]));
      expect(decode({ headers: { "content-type": contentType }, body })).toEqual([
        { event: required },
        { event: { ...required, id: "e-2" } },
      ]);
    },
  );

  it.each([
    ["application/cloudevents+avro", "{}"],
    ["application/cloudevents-batch+avro", "[]"],
    ["application/cloudevents+json; charset=iso-8859-1", "{}"],
    ["application/json; charset=utf-16", "{}"],
    ["text/plain", JSON.stringify(required)],
    ["application/json", '{"orderId":"o-1"}'],
    ["application/json", '{"specversion":1}'],
    ["application/json", "null"],
  ])("refuses %s with the body %s", (contentType, body) => {
    expect(codeOf(decode({ headers: { "content-type": contentType }, body: bytes(body) }))).toBe("content-type");
  });

  it("refuses a second content type, since nobody knows which one counts", () => {
    const headers = { "content-type": ["application/cloudevents+json", "application/json"] };
    expect(codeOf(decode({ headers, body: bytes(JSON.stringify(required)) }))).toBe("content-type");
    expect(codeOf(decode({ headers: { "content-type": ["application/cloudevents+json"] }, body: bytes("{}") }))).toBe(
      "attribute",
    );
  });
});

describe("data of structured mode", () => {
  it.each([0, false, "", null, [], {}, "text", 1.5, "\ud800", { "": 0 }])("keeps %j as it is", (data) => {
    expect(structured({ data })).toStrictEqual([{ event: { ...required, data } }]);
  });

  it("is not there when it was not sent, so that null can be told from nothing", () => {
    expect(Object.hasOwn(eventOf(structured({})) ?? {}, "data")).toBe(false);
  });

  it("stays text for a datacontenttype that is not JSON", () => {
    expect(eventOf(structured({ datacontenttype: "application/xml", data: "<a/>" }))).toMatchObject({ data: "<a/>" });
  });

  it.each(["application/octet-stream", "image/png", undefined])(
    "is bytes for data_base64 beside %s",
    (datacontenttype) => {
      const event = eventOf(structured({ datacontenttype, data_base64: "AAEC/w==" }));
      expect(event).toStrictEqual({
        ...required,
        ...(datacontenttype ? { datacontenttype } : {}),
        data: new Uint8Array([0, 1, 2, 255]),
      });
    },
  );

  it("stays bytes without a datacontenttype, even where they would parse", () => {
    expect(eventOf(structured({ data_base64: base64("{}") }))).toStrictEqual({ ...required, data: bytes("{}") });
  });

  it.each([
    { data: {}, data_base64: "AA==" },
    { data: null, data_base64: "AA==" },
    { data_base64: "AA" },
    { data_base64: "A-_=" },
    { data_base64: "AA==\n" },
    { data_base64: "not base64" },
    { data_base64: 5 },
    { data_base64: {} },
  ])("is refused for %j", (members) => {
    expect(codeOf(structured(members))).toBe("data");
  });

  it("has unset bytes for a data_base64 of null", () => {
    expect(eventOf(structured({ data: 1, data_base64: null }))).toStrictEqual({ ...required, data: 1 });
  });

  it.each([
    ["9007199254740991", 9007199254740991],
    ["9007199254740992", 9007199254740992n],
    ["9007199254740993", 9007199254740993n],
    ["-9007199254740993", -9007199254740993n],
    ["9007199254740993.5", 9007199254740994],
    ["1e20", 1e20],
    ['{"a":[9007199254740993,1,"9007199254740993"]}', { a: [9007199254740993n, 1, "9007199254740993"] }],
    ["-0", -0],
    ['{"a":1,"a":2}', { a: 2 }],
  ])("reads %s exactly", (json, data) => {
    expect(eventOf(raw(withData(json)))).toStrictEqual({ ...required, data });
  });

  it.each(["1e400", "-1e400", `[{"a":${"9".repeat(400)}}]`])("refuses the overflow %s", (json) => {
    expect(codeOf(raw(withData(json)))).toBe("data");
  });
});

describe("data of binary mode", () => {
  it.each([
    ["application/json", "null", null],
    ["application/json; charset=utf-8", '"ž"', "ž"],
    ["application/vnd.order+json", "9007199254740993", 9007199254740993n],
    ["text/json", "[1]", [1]],
    ["application/json", "\ufeff 1", 1],
    ["text/plain", "žluť", "žluť"],
    ["text/plain; charset=us-ascii", "a", "a"],
    ["text/plain", "\ufeffa", "\ufeffa"],
    ["application/xml", "<a>ž</a>", "<a>ž</a>"],
    ["image/svg+xml", "<a/>", "<a/>"],
    ["application/xml; charset=iso-8859-1", "<a/>", "<a/>"],
    ["text/plain; charset=iso-8859-1", "ž", bytes("ž")],
    ["application/pdf", "<a/>", bytes("<a/>")],
  ])("of %s %j is read by its content type", (datacontenttype, body, data) => {
    expect(eventOf(binary({ "content-type": datacontenttype }, body))).toStrictEqual({
      ...required,
      datacontenttype,
      data,
    });
  });

  it.each([
    ["{}", {}],
    ["9007199254740993", 9007199254740993n],
    ['"text"', "text"],
    [" [1] ", [1]],
    ["{", bytes("{")],
    ["text", bytes("text")],
    ["NaN", bytes("NaN")],
  ])("without a content type is JSON if it parses, else bytes (RFC 9110, 8.3): %s", (body, data) => {
    expect(eventOf(binary({}, body))).toStrictEqual({ ...required, data });
  });

  it.each([nested(65), '{"__proto__":{}}', "1e400"])(
    "without a content type is bytes where its JSON must not go further, as in data_base64: %.20s",
    (body) => {
      const event = { ...required, data: bytes(body) };
      expect(eventOf(binary({}, body))).toStrictEqual(event);
      expect(eventOf(structured({ data_base64: base64(body) }))).toStrictEqual(event);
    },
  );

  it("is not there without a body", () => {
    expect(eventOf(binary({ "content-type": "application/json" }))).toStrictEqual({
      ...required,
      datacontenttype: "application/json",
    });
  });

  it.each([
    ["json", { "content-type": "application/json" }, "{"],
    ["depth", { "content-type": "application/json" }, nested(65)],
    ["prototype", { "content-type": "application/json" }, '{"__proto__":{}}'],
    ["content-type", { "content-type": "application/json; charset=iso-8859-1" }, "1"],
    ["attribute", { "content-type": "text" }, "a"],
    ["attribute", { "content-type": "application/json", "ce-datacontenttype": "text/plain" }, "a"],
    ["attribute", { "content-type": "text/plain", "ce-datacontenttype": "text/plain; format=flowed" }, "a"],
    ["attribute", { "ce-datacontenttype": "text" }, "a"],
    ["attribute", { "ce-data": "x" }, ""],
    ["attribute", { "ce-data_base64": "AA==" }, ""],
    ["attribute", { "ce-my-extension": "x" }, ""],
    ["attribute", { "ce-": "x" }, ""],
    ["attribute", { "ce-__proto__": "x" }, ""],
    ["attribute", { "ce-id": "" }, ""],
    ["attribute", { "ce-id": ["a", "b"] }, ""],
    ["attribute", { "ce-subject": "100%" }, ""],
    ["attribute", { "ce-subject": "%C0%A0" }, ""],
    ["attribute", { "ce-subject": "%ED%A0%80" }, ""],
    ["attribute", { "ce-subject": "%00" }, ""],
    ["attribute", { "ce-subject": "ž" }, ""],
  ])("is refused as %s for %j %j", (code, headers, body) => {
    expect(codeOf(binary(headers as Record<string, string>, body))).toBe(code);
  });
});

describe("headers of binary mode", () => {
  it.each([
    ["Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"],
    ["%e2%82%ac", "€"],
    ["%41", "A"],
    ["%2541", "%41"],
    ['"a \\"b\\" \\\\"', 'a "b" \\'],
    ['"%41"', "A"],
    ["plain text", "plain text"],
  ])("say %s for %s (HTTP binding 3.1.3.2)", (header, subject) => {
    expect(eventOf(binary({ "ce-subject": header }))).toEqual({ ...required, subject });
  });

  it("are extensions as text; trace context headers are none", () => {
    const headers = { "ce-attempt": "5", "ce-retried": ["true"], traceparent: "00-0-0-0", tracestate: "a=b" };
    expect(eventOf(binary(headers))).toEqual({ ...required, attempt: "5", retried: "true" });
  });

  it("that are undefined are not there", () => {
    const headers = { ...ceHeaders, "ce-subject": undefined };
    expect(eventOf(decode({ headers, body: bytes("") }))).toEqual(required);
  });
});

describe("batch", () => {
  it("may be empty", () => {
    expect(decode({ headers: batchType, body: bytes(" [ ] ") })).toEqual([]);
  });

  it("refuses an element with its own bytes and leaves the others alone", () => {
    const bad = ['{ "id" : "ž ]},{\\"[" }', "5", "null", `{"data":${nested(70)}, "id":"\\\\"}`, "[]"];
    const good = JSON.stringify(required);
    const exact = withData("9007199254740993");
    const body = bytes(`\ufeff [${good}, ${bad.join(" ,\n")} ,${exact}]`);
    const decoded = decode({ headers: batchType, body });
    expect(decoded.map((one) => ("refused" in one ? new TextDecoder().decode(one.body) : one.event))).toEqual([
      required,
      ...bad,
      { ...required, data: 9007199254740993n },
    ]);
  });

  it("refuses an element over the limit and takes a batch that is larger than one event may be", () => {
    const large = JSON.stringify({ ...required, data: "x".repeat(300) });
    const body = bytes(`[${JSON.stringify(required)},${large},${JSON.stringify(required)}]`);
    const decoded = decode({ headers: batchType, body }, { maxBytes: 300 });
    expect(decoded).toEqual([
      { event: required },
      { refused: expect.objectContaining({ code: "size" }), body: Buffer.from(large), about: required },
      { event: required },
    ]);
  });

  it("is never refused as a whole for its size: each event of it counts", () => {
    const events = Array.from({ length: 4_100 }, (_, n) => ({ ...required, id: `e-${n}`, data: "x".repeat(1_000) }));
    const body = bytes(JSON.stringify(events));
    expect(decode({ headers: batchType, body })).toEqual(events.map((event) => ({ event })));
    expect(decode({ headers: batchType, body: body.subarray(0, -1) })).toHaveLength(4_100);
  });

  it("of a large one, what is no event is refused by itself, and what no array can go on with as what is left", () => {
    const good = JSON.stringify({ ...required, data: "x".repeat(100) });
    const body = bytes(`[${good}, 17 ,${good},{"a": ${good}`);
    const rest = `{"a": ${good}`;
    expect(
      decode({ headers: batchType, body }, { maxBytes: 250 }).map((one) =>
        "refused" in one ? [one.refused.code, Buffer.from(one.body).toString()] : one.event.id,
      ),
    ).toEqual([required.id, ["json", "17"], required.id, ["json", rest.slice(0, 125)], ["json", rest.slice(125)]]);
  });

  it.each([
    ["a small one", 0],
    ["a large one", 400_000],
  ])(
    "of %s, beyond 10,000 events what is left is letters that hold it whole, few, so that two million refusals do not stop the process",
    (_what, blanks) => {
      const batch = (length: number) => {
        const body = bytes(`[${"1,".repeat(length - 1)}${" ".repeat(blanks)}1]`);
        return decode({ headers: batchType, body }).map((one) => [codeOf([one]), "body" in one && one.body.byteLength]);
      };
      expect(batch(10_000)).toEqual(Array(10_000).fill(["json", 1]));
      expect(batch(10_003).slice(9_999)).toEqual([
        ["json", 1],
        ...(blanks === 0 ? [6] : [131_072, 131_072, 131_072, 6_790]).map((length) => ["size", length]),
      ]);
    },
  );

  it.each(["{}", "null", "[", ""])("refuses %j as a whole", (text) => {
    const body = bytes(text);
    expect(decode({ headers: batchType, body })).toEqual([
      { refused: expect.objectContaining({ code: "json" }), body, about: {} },
    ]);
  });
});

describe("hostile input", () => {
  it.each([
    ["json", ""],
    ["json", "{"],
    ["json", JSON.stringify(required).slice(0, -1)],
    ["json", "event"],
    ["json", "[]"],
    ["json", "null"],
    ["json", '"text"'],
    ["json", "NaN"],
    ["json", "\u00a0{}"],
    ["depth", withData(nested(65))],
    ["depth", withData(nested(100_000))],
    ["depth", withData(`${'{"a":'.repeat(40_000)}1${"}".repeat(40_000)}`)],
    ["prototype", withData('{"__proto__":{"admin":true}}')],
    ["prototype", withData('[{"\\u005f_proto__":1}]')],
    ["prototype", withData('{"constructor":{"prototype":{"admin":true}}}')],
    ["prototype", `{"__proto__":null,${JSON.stringify(required).slice(1)}`],
    ["prototype", `{"constructor":{"prototype":{}},${JSON.stringify(required).slice(1)}`],
  ])("is refused as %s: %.60s", (code, text) => {
    expect(codeOf(raw(text))).toBe(code);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it("that only looks dangerous is inert", () => {
    const data = { constructor: "x", toString: 1, "a __proto__": "__proto__", hasOwnProperty: null };
    expect(eventOf(structured({ data }))).toStrictEqual({ ...required, data });
  });

  it("of 64 levels of data passes in every mode, since the envelope does not count", () => {
    const data = nested(64);
    expect(codeOf(raw(withData(data)))).toBe("an event");
    expect(codeOf(binary({ "content-type": "application/json" }, data))).toBe("an event");
    expect(codeOf(decode({ headers: batchType, body: bytes(`[${withData(data)}]`) }))).toBe("an event");
  });

  it("with a deep first of two data members and a large integer does not overflow the reviver", () => {
    const text = `${JSON.stringify(required).slice(0, -1)},"data":${nested(100_000)},"data":9007199254740993}`;
    expect(eventOf(raw(text))).toStrictEqual({ ...required, data: 9007199254740993n });
  });

  it.each(["source", "dataschema", "datacontenttype", "time", "subject", "extension"])(
    "of 8 MiB in %s is judged without overflowing the stack",
    (name) => {
      const long = 4 * 1024 * 1024;
      const values = {
        source: "%41",
        dataschema: "a:",
        datacontenttype: ";a",
        time: "0",
        subject: "x",
        extension: "x",
      };
      const value = `a/b;a="${(values[name as keyof typeof values] ?? "").repeat(long / 2)}`;
      const headers = structuredType;
      const body = bytes(JSON.stringify({ ...required, [name]: value }));
      expect(decode({ headers, body }, { maxBytes: 32 * 1024 * 1024 })).toHaveLength(1);
    },
  );

  it.each([
    ["as it is", "\x7f"],
    ["as it is", "\x85"],
    ["as it is", "\ufdd0"],
    ["escaped", "\\u0007"],
    ["escaped", "\\ud800"],
    ["escaped", "\\n"],
  ])("is found in the attributes of a structured event: %s, %j", (_how, character) => {
    for (const name of ["id", "type", "subject", "ext"])
      expect(codeOf(raw(JSON.stringify({ ...required, [name]: "a%b" }).replace("%", character)))).toBe("attribute");
  });

  it("that is not UTF-8 is refused, never repaired", () => {
    const body = Uint8Array.of(...bytes(withData('"')).slice(0, -1), 0xc0, 0x80, 0x22, 0x7d);
    expect(decode({ headers: structuredType, body })).toEqual([
      { refused: expect.objectContaining({ code: "utf8" }), body, about: {} },
    ]);
    const headers = { ...ceHeaders, "content-type": "application/json" };
    expect(codeOf(decode({ headers, body: Uint8Array.of(0x22, 0xff, 0x22) }))).toBe("utf8");
  });

  it("does not get a byte order mark or whitespace around JSON refused (RFC 8259, 8.1)", () => {
    expect(eventOf(raw(`\ufeff\r\n\t ${JSON.stringify(required)}\n`))).toEqual(required);
    expect(codeOf(raw(`\ufeff\ufeff${JSON.stringify(required)}`))).toBe("json");
  });

  it("never has its data, id or subject repeated in a message", () => {
    const secret = "4111111111111111";
    const cases = [
      raw(`{"data":"${secret}`),
      structured({ id: `${secret}\u0000` }),
      structured({ subject: `${secret}\n` }),
      structured({ data_base64: secret.slice(1) }),
      structured({ owner: { name: secret } }),
    ];
    expect(cases.map(codeOf)).toEqual(["json", "attribute", "attribute", "data", "attribute"]);
    for (const decoded of cases) expect(messageOf(decoded)).not.toContain(secret.slice(0, 6));
  });

  it("shortens a protocol value in a message to 60 characters", () => {
    expect(messageOf(structured({ time: "x".repeat(99) }))).toBe(
      `time: must be a timestamp (RFC 3339), got "${"x".repeat(59)}…"`,
    );
    expect(messageOf(structured({ time: "yesterday" }))).toBe('time: must be a timestamp (RFC 3339), got "yesterday"');
  });
});

describe("size", () => {
  const sized = (size: number) => {
    const empty = withData('""').length;
    return raw(withData(JSON.stringify("x".repeat(size - empty))));
  };

  it("may be 256 KiB and not one byte more", () => {
    expect(codeOf(sized(256 * 1024))).toBe("an event");
    expect(codeOf(sized(256 * 1024 + 1))).toBe("size");
  });

  it("counts the headers of binary mode", () => {
    const message = { headers: { ...ceHeaders, "ce-subject": "x".repeat(1_000) }, body: bytes("x".repeat(1_000)) };
    expect(codeOf(decode(message, { maxBytes: 3_000 }))).toBe("an event");
    expect(codeOf(decode(message, { maxBytes: 2_000 }))).toBe("size");
  });

  const MOST = 30_000;
  const inBinary = (contentType: string, body: string | Uint8Array) =>
    decode(
      { headers: { ...ceHeaders, "content-type": contentType }, body: Buffer.from(body as string) },
      { maxBytes: MOST },
    );

  const numbersOf = (length: number) => Object.fromEntries(Array.from({ length }, (_, n) => [`n${n}`, n]));

  it.each<[string, (length: number) => readonly Decoded[], (event: CloudEvent) => string]>([
    ["bytes, which are base64 there", (length) => inBinary("image/png", new Uint8Array(length)), encodeStructured],
    [
      "text whose control characters are escaped there",
      (length) => inBinary("text/plain", "\u0001".repeat(length)),
      encodeStructured,
    ],
    ["text with quotes", (length) => inBinary("text/plain", '"'.repeat(length)), encodeStructured],
    [
      "numbers that are written out there",
      (length) => inBinary("application/json", `[${"1e20,".repeat(length)}1]`),
      encodeStructured,
    ],
    [
      "extensions that are texts there",
      (length) =>
        decode(
          { headers: structuredType, body: bytes(JSON.stringify({ ...required, ...numbersOf(length) })) },
          { maxBytes: MOST },
        ),
      (event) => encodeStructured(withTextExtensions(event)),
    ],
  ])("is that in the letter, to the byte: %s", (_what, of, encode) => {
    const sizeOf = (length: number) => {
      const [one] = of(length);
      return one && "event" in one ? Buffer.byteLength(encode(one.event)) : undefined;
    };
    // The longest that is taken, by halves.
    let [taken, refused] = [1, MOST];
    while (refused - taken > 1) {
      const middle = (taken + refused) >> 1;
      if (sizeOf(middle) === undefined) refused = middle;
      else taken = middle;
    }
    const step = (sizeOf(taken) ?? 0) - (sizeOf(taken - 1) ?? 0);
    expect(codeOf(of(refused))).toBe("size");
    expect(sizeOf(taken)).toBeLessThanOrEqual(MOST);
    expect((sizeOf(taken) ?? 0) + Math.max(step, 4)).toBeGreaterThan(MOST);
  });
});

describe("the size of a letter", () => {
  const passport = { deadreason: "r".repeat(300), deadcode: "c", deadfunction: "f", deadtopic: "t", deadtime: "now" };
  const sized = (size: number, members: object) => {
    const data = "x".repeat(size - withData('""').length);
    return decode({ headers: structuredType, body: bytes(JSON.stringify({ ...required, data, ...members })) });
  };

  it("does not count its passport: an event as large as may be lives again when its letter is replayed", () => {
    expect(codeOf(sized(256 * 1024, passport))).toBe("an event");
    expect(codeOf(sized(256 * 1024 + 1, passport))).toBe("size");
  });

  it("does not count what carriers have written into it on its way", () => {
    const step = `00-${"1".repeat(32)}-${"1".repeat(16)}-01`;
    const trace = { traceparent: step, traceid: step, tracestate: `a=${"x".repeat(510)}` };
    const sent = { ...passport, ...trace, topic: "dead-letters", pubsubname: "pubsub" };
    expect(codeOf(sized(256 * 1024, sent))).toBe("an event");
    expect(codeOf(sized(256 * 1024 + 1, sent))).toBe("size");
    expect(codeOf(sized(256 * 1024, { ...sent, topic: "x".repeat(513) }))).toBe("size");
    expect(codeOf(sized(256 * 1024, trace))).toBe("size");
  });

  it.each([
    ["attributes of another kind", { note: "x" }],
    ["more than a passport", { ...passport, deadreason: "r".repeat(17_000) }],
    ["a code that is none", { ...passport, deadcode: 5 }],
  ])("counts %s", (_what, members) => {
    expect(codeOf(sized(256 * 1024, members))).toBe("size");
  });
});

describe("parseEvent", () => {
  it("gives an event that stands as it is", () => {
    expect(parseEvent({ ...required, data: { a: 1 } })).toEqual({ ...required, data: { a: 1 } });
  });

  it.each([
    ["json", undefined],
    ["json", "text"],
    ["json", [required]],
    ["attribute", {}],
    ["depth", { ...required, data: JSON.parse(nested(65)) }],
    ["prototype", { ...required, data: JSON.parse('{"__proto__":1}') }],
    ["data", { ...required, data: Number.POSITIVE_INFINITY }],
  ])("throws Dead %s for %j", (code, value) => {
    expect(() => parseEvent(value)).toThrow(expect.objectContaining({ name: "Dead", code }));
    expect(() => parseEvent(value)).toThrow(Dead);
  });
});
