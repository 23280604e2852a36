import fc from "fast-check";
import { expect, it } from "vitest";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { decode, type Message } from "./decode.ts";
import { digestOfEvent } from "./digest.ts";
import { encodeBatch, encodeBinary, encodeStructured } from "./encode.ts";
import { HTTP_HEADERS } from "./header-value.ts";
import { stringifyJson } from "./json.ts";
import { elementsOf } from "./json-members.ts";
import { parseEvent } from "./test-decode.ts";

const numRuns = Number(process.env.FC_RUNS ?? 2500);
const required = { specversion: "1.0", id: "e-1", source: "/s", type: "t" };
const bytes = (text: string) => new TextEncoder().encode(text);

const contentType = fc.oneof(
  fc.constantFrom(
    "application/cloudevents+json",
    "application/cloudevents-batch+json; charset=UTF-8",
    "application/json",
    "text/plain",
    "application/octet-stream",
  ),
  fc.string(),
  fc.string().map((text) => `application/cloudevents${text}`),
);
const attribute = fc.constantFrom(
  "id",
  "source",
  "type",
  "time",
  "subject",
  "dataschema",
  "datacontenttype",
  "data",
  "data_base64",
  "ext",
);
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom("", "1.0", "%", '"', "%ff"),
);
const anyHeaders: fc.Arbitrary<Message["headers"]> = fc
  .record(
    {
      "content-type": fc.oneof(contentType, fc.array(contentType, { maxLength: 2 })),
      ce: fc.dictionary(
        fc.oneof(attribute, anyText),
        fc.oneof(anyText, fc.array(anyText, { maxLength: 2 }), fc.constant(undefined)),
      ),
    },
    { requiredKeys: [] },
  )
  .map(({ ce = {}, ...rest }) => ({
    ...rest,
    ...Object.fromEntries(Object.entries(ce).map(([name, value]) => [`ce-${name}`, value])),
  }));
const anyMember = fc.oneof(fc.jsonValue(), anyText, fc.constantFrom(2 ** 53, Number.POSITIVE_INFINITY, "AA=="));
const envelope = fc
  .dictionary(fc.oneof(attribute, anyText), anyMember)
  .chain((members) => fc.constantFrom({ ...required, ...members }, { ...members, ...required }, members));
const anyJson = fc.oneof(
  fc.json(),
  envelope.map((value) => JSON.stringify(value)),
  fc.array(envelope).map((value) => JSON.stringify(value)),
);
/** JSON with some characters replaced. */
const brokenJson = fc
  .tuple(anyJson, fc.nat(), fc.constantFrom("", '"', "\\", "{", "]", "9".repeat(20), "e999", "\ufeff", "\u0000"))
  .map(([text, at, piece]) => text.slice(0, at % (text.length + 1)) + piece + text.slice((at % (text.length + 1)) + 1));
const anyBody = fc.oneof(fc.uint8Array(), fc.oneof(anyJson, brokenJson).map(bytes));

it("decode never throws and every answer is an event that stands, or a Dead with bytes of the body", () => {
  fc.assert(
    fc.property(anyHeaders, anyBody, fc.constantFrom(undefined, HTTP_HEADERS), (headers, body, coding) => {
      for (const decoded of decode({ headers, body, coding })) {
        if ("refused" in decoded) {
          expect(decoded.refused).toBeInstanceOf(Dead);
          expect(decoded.refused.message).toMatch(/: must .*, got |^published without a type: say /s);
          expect(Buffer.from(body).includes(Buffer.from(decoded.body))).toBe(true);
        } else {
          const { data, ...attributes } = decoded.event;
          expect(parseEvent(attributes)).toEqual(attributes);
          expect(encodeStructured(decoded.event)).toContain('"specversion":"1.0"');
        }
      }
    }),
    { numRuns: numRuns * 2 },
  );
});

it("parseEvent throws Dead and nothing else", () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything({ withBigInt: true, withNullPrototype: true }), envelope), (value) => {
      try {
        parseEvent(value);
      } catch (error) {
        expect(error).toBeInstanceOf(Dead);
      }
    }),
    { numRuns },
  );
});

// What the type system allows in an attribute: no control characters, noncharacters or lone surrogates.
const text = fc
  .string({ unit: "grapheme", minLength: 1 })
  .filter((value) => !/[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u.test(value));
const json = fc.jsonValue({ noUnicodeString: false }).map(toRepeatable);
const large = fc.bigInt().filter((value) => (value > 2n ** 53n || value < -(2n ** 53n)) && value < 10n ** 300n);
const data = fc.oneof(
  fc.record({ data: fc.oneof(json, large, fc.array(large), fc.record({ total: large })) }),
  fc.record({
    data: json,
    datacontenttype: fc.constantFrom("application/json", "application/vnd.a+json; charset=utf-8"),
  }),
  fc.record({
    data: fc.string({ unit: "grapheme", minLength: 1 }),
    datacontenttype: fc.constantFrom("text/plain", "application/xml", "image/svg+xml"),
  }),
  fc.record({
    data: fc.uint8Array({ minLength: 1 }),
    datacontenttype: fc.constantFrom("image/png", "application/pdf"),
  }),
  fc.constant({}),
);
const event: fc.Arbitrary<CloudEvent> = fc
  .tuple(
    fc.record({ specversion: fc.constant("1.0"), id: text, source: fc.webUrl(), type: text }),
    fc.record(
      {
        subject: text,
        time: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString()),
        dataschema: fc.webUrl(),
      },
      { requiredKeys: [] },
    ),
    fc.dictionary(
      fc.stringMatching(/^x[a-z0-9]{1,19}$/),
      fc.oneof(text, fc.boolean(), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
    ),
    data,
  )
  .map(([base, optional, extensions, payload]) => ({ ...base, ...optional, ...extensions, ...payload }));

it("structured and batch mode give back the event", () => {
  fc.assert(
    fc.property(event, (one) => {
      const headers = { "content-type": "application/cloudevents+json" };
      expect(decode({ headers, body: bytes(encodeStructured(one)) })).toEqual([{ event: one }]);
      const batch = { "content-type": "application/cloudevents-batch+json" };
      expect(decode({ headers: batch, body: bytes(encodeBatch([one, one])) })).toEqual([
        { event: one },
        { event: one },
      ]);
    }),
    { numRuns: numRuns / 2 },
  );
});

it("binary mode gives back the event, its extensions as text and implied JSON said", () => {
  fc.assert(
    fc.property(event, (one) => {
      const arrives = Object.fromEntries(
        Object.entries(one).map(([name, value]) => [name, name.startsWith("x") ? String(value) : value]),
      );
      if (one.data !== undefined) arrives.datacontenttype ??= "application/json";
      expect(decode({ ...encodeBinary(one), coding: HTTP_HEADERS })).toEqual([{ event: arrives }]);
    }),
    { numRuns: numRuns / 2 },
  );
});

it("elementsOf cuts a JSON array where JSON.parse does", () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue({ noUnicodeString: false })),
      fc.constantFrom(undefined, 1, "\t"),
      (values, space) => {
        const elements = elementsOf(JSON.stringify(values, undefined, space));
        expect(elements.map((element) => JSON.stringify(JSON.parse(element)))).toEqual(
          values.map((value) => JSON.stringify(value)),
        );
      },
    ),
    { numRuns: numRuns / 2 },
  );
});

/**
 * What comes back as it was: JSON.stringify writes doubles from 2^53 to 10^21 as integers, which come back as bigint, and -0
 * as 0; members that reach a prototype are refused.
 */
function toRepeatable<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value).replaceAll(/proto/g, "prot"), (_key, member) =>
    typeof member === "number" && Math.abs(member) >= 2 ** 53 ? 1 : member,
  );
}

const payload = fc.oneof(
  fc.jsonValue({ noUnicodeString: false }).map((value) => bytes(JSON.stringify(toRepeatable(value)))),
  fc.bigInt().map((value) => bytes(`[${value}]`)),
  fc.string({ unit: "grapheme" }).map(bytes),
  fc.uint8Array(),
);
const label = fc.constantFrom(
  undefined,
  "application/json",
  "application/vnd.a+json; charset=utf-8",
  "text/plain",
  "text/csv; charset=iso-8859-1",
  "application/xml",
  "image/svg+xml",
  "application/octet-stream",
  "application/pdf",
);

it("one event is one value under one digest, in every mode that it may be sent in", () => {
  const seen = (message: Message) => {
    const [decoded] = decode({ ...message, coding: HTTP_HEADERS });
    if (!decoded || "refused" in decoded) return decoded?.refused.code;
    return { data: decoded.event.data, digest: digestOfEvent("s", decoded.event) };
  };
  const structured = (envelope: object) =>
    seen({ headers: { "content-type": "application/cloudevents+json" }, body: bytes(stringifyJson(envelope)) });
  fc.assert(
    fc.property(payload, label, (body, datacontenttype) => {
      const named = { "ce-specversion": "1.0", "ce-id": "e-1", "ce-source": "/s", "ce-type": "t" };
      const binary = { ...named, ...(datacontenttype === undefined ? {} : { "content-type": datacontenttype }) };
      const asBytes = { ...required, datacontenttype, data_base64: Buffer.from(body).toString("base64") };
      const told = seen({ headers: binary, body });
      const inBase64 = structured(asBytes);
      const sent = { ...required, id: "w", type: "com.dapr.event.sent", data: asBytes };
      expect(structured(sent)).toEqual(inBase64);
      expect(structured({ ...sent, data: JSON.stringify(asBytes) })).toEqual(inBase64);
      if (typeof told !== "object" || typeof inBase64 !== "object") {
        expect(inBase64).toEqual(told);
        return;
      }
      expect(inBase64.digest).toBe(told.digest);
      // Only the body of binary mode may have no label and be JSON, and only there nothing and no bytes are one.
      if (datacontenttype !== undefined && body.byteLength > 0) expect(inBase64.data).toEqual(told.data);
      if (datacontenttype === undefined || told.data instanceof Uint8Array) return;
      expect(structured({ ...required, datacontenttype, data: told.data })).toEqual(told);
    }),
    { numRuns },
  );
});
