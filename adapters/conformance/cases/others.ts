import { type Case, type Group, once } from "../case.ts";
import { batch, binary, bulk, event, raw, record, structured } from "../messages.ts";

const json = JSON.stringify({ n: 1 });
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");
const inside = (members: object) =>
  structured({ id: "w-1", source: "checkout", type: "com.dapr.event.sent", data: undefined, ...members });
const data = { data: { is: { n: 1 } } };
const binaryMode = { needs: ["binary-mode"] } as const;
const elsewhere = { type: "com.example.elsewhere.v1" };
const ignored = { handled: 0 } as const;

/** The same event twice, in two modes: handled once, and never held for two events of one id. */
const twice = (
  name: string,
  [first, second]: readonly [Parameters<typeof once>[1], Parameters<typeof once>[1]],
): Case => ({
  name,
  ...binaryMode,
  steps: [
    { send: first, expect: "ack" },
    { send: second, expect: "ack" },
  ],
  handled: 1,
});

const envelopes: readonly Case[] = [
  once("Dapr's Python SDK 1.19.0, no type named: the event as an object", inside({ data: event() }), {
    ...data,
    id: "e-1",
  }),
  once(
    "Dapr's Go SDK 1.11.0, bytes published as text/plain: the event as text",
    inside({ datacontenttype: "text/plain", data: JSON.stringify(event()) }),
    { ...data, id: "e-1" },
  ),
  once(
    "daprd 1.14.0 and 1.18.3, rawPayload: the event in base64",
    inside({ datacontenttype: "application/octet-stream", data_base64: base64(event()) }),
    { ...data, id: "e-1" },
  ),
  once(
    "the same of what was in an envelope already",
    inside({ data_base64: base64({ ...event(), id: "w-2", type: "com.dapr.event.sent", data: event() }) }),
    { ...data, id: "e-1" },
  ),
  {
    name: "the same, delivered again in a new envelope",
    steps: [
      { send: inside({ id: "w-1", data: event() }), expect: "ack" },
      { send: inside({ id: "w-2", data: event() }), expect: "ack" },
    ],
    handled: 1,
  },
  ...[{ data: { orderId: "o-1", type: "payment" } }, { data: "text" }, { data_base64: "AAEC" }].map((members) =>
    once(`an envelope around no event: ${JSON.stringify(members)}`, inside(members), { expect: { dead: "type" } }),
  ),
];

const payloads: readonly Case[] = [
  once(
    "sdk-go 2.16.2, Python cloudevents 1.13.0 and JavaScript cloudevents 10.0.0: JSON as bytes",
    structured({ datacontenttype: "application/json", data: undefined, data_base64: base64({ n: 1 }) }),
    data,
  ),
  once(
    "Java SDK 4.0.1: +json as bytes",
    structured({ datacontenttype: "application/vnd.acme+json", data: undefined, data_base64: base64({ n: 1 }) }),
    data,
  ),
  once(
    "JSON as bytes with an integer beyond 2^53",
    structured({ datacontenttype: "application/json", data: undefined, data_base64: "OTAwNzE5OTI1NDc0MDk5Mw==" }),
    { data: { is: 9007199254740993n } },
  ),
  once(
    "JSON by its label that does not parse",
    structured({ datacontenttype: "application/json", data: undefined, data_base64: "ew==" }),
    { expect: { dead: "json" } },
  ),
  once(
    "sdk-go 2.16.2: XML as bytes",
    structured({ datacontenttype: "application/xml", data: undefined, data_base64: "PGEvPg==" }),
    { data: { is: "<a/>" } },
  ),
  once("XML as text", structured({ datacontenttype: "application/xml", data: "<a/>" }), { data: { is: "<a/>" } }),
  once("text as bytes", structured({ datacontenttype: "text/plain", data: undefined, data_base64: "xbw=" }), {
    data: { is: "ż" },
  }),
  once("binary with XML", binary("application/xml", { body: "<a/>" }), { ...binaryMode, data: { is: "<a/>" } }),
  once("sdk-go 2.16.2, Python cloudevents 1.13.0: binary JSON without a content type", binary("", { body: json }), {
    ...binaryMode,
    ...data,
  }),
  once("binary without a content type that is no JSON", binary("", { body: "a,b" }), {
    ...binaryMode,
    data: { is: new Uint8Array(Buffer.from("a,b")) },
  }),
  twice("XML, structured and then binary", [
    structured({ datacontenttype: "application/xml", data: "<a/>" }),
    binary("application/xml", { body: "<a/>" }),
  ]),
  twice("JSON, as bytes and then binary", [
    structured({ datacontenttype: "application/json", data: undefined, data_base64: base64({ n: 1 }) }),
    binary("application/json", { body: '{ "n": 1.0 }' }),
  ]),
];

const records: readonly Case[] = [
  once("a record of Kafka in binary mode", record({}, json), { ...data, needs: ["record-headers"] }),
  once(
    "the same through daprd 1.18.3 with escapeHeaders",
    record({ ce_id: "e+1%2F%C3%BC", ce_source: "%2Fconformance" }, json),
    { ...data, id: "e 1/ü", needs: ["record-headers"] },
  ),
  once("the same through daprd 1.14.0", record({ ce_id: "e 1/ü", ce_source: "/conformance" }, json), {
    ...data,
    id: "e 1/ü",
    needs: ["record-headers"],
  }),
  once("a bulk of raw payloads, whatever their label", bulk(["application/octet-stream", "text/plain", ""]), {
    ...data,
    needs: ["bulk"],
    handled: 3,
  }),
];

const attributes: readonly Case[] = [
  once(
    "sdk-go 2.16.2, Python cloudevents 1.13.0: a source whose own escapes were not escaped",
    binary("application/json", { body: json, headers: { "ce-source": "/a%20b" } }),
    { ...data, needs: ["binary-mode", "http-headers"] },
  ),
  once(
    "the specification's own example: ce-datacontenttype beside an equal Content-Type",
    binary("application/json", { body: json, headers: { "ce-datacontenttype": "application/json" } }),
    { ...data, needs: ["binary-mode", "http-headers"] },
  ),
  once(
    "ce-datacontenttype beside another Content-Type",
    binary("application/json", { body: json, headers: { "ce-datacontenttype": "text/plain" } }),
    { expect: { dead: "attribute" }, needs: ["binary-mode", "http-headers"] },
  ),
  ...["subject", "time", "dataschema", "datacontenttype"].map((name) =>
    once(`an empty ${name}`, structured({ [name]: "" }), data),
  ),
  once("a tab in a media type", structured({ datacontenttype: "application/json;\tcharset=utf-8" }), data),
  once(
    "one ce- header beside a structured event",
    { ...structured({}, "application/json"), headers: { "content-type": "application/json", "ce-type": "x" } },
    { ...data, needs: ["content-type"] },
  ),
  ...[{ ts: 1795759200000 }, { traceId: "x" }, { iodebeziumtxId: "1" }].map((members) =>
    once(
      `a malformed extension on a type that nobody consumes here: ${JSON.stringify(members)}`,
      structured({ ...elsewhere, ...members }),
      ignored,
    ),
  ),
  once("the same on a type that is consumed", structured({ traceId: "x" }), { expect: { dead: "attribute" } }),
  once("the same in a batch", batch([event(), event({ ...elsewhere, traceId: "x" })]), {
    needs: ["batch-mode"],
    handled: 1,
  }),
  once("the same in binary mode", binary("", { body: json, headers: { "ce-type": elsewhere.type, "ce-a_b": "x" } }), {
    needs: ["binary-mode"],
    ...ignored,
  }),
  ...['{"orderId":"o-1","Total":5}', '{"type":"payment","id":"5","source":"shop"}'].map((body) =>
    once(`JSON that is no event, behind a label that says so: ${body}`, raw(body), {
      expect: { dead: "attribute" },
      needs: ["any-body"],
    }),
  ),
];

export const others: Group = {
  title: "as others write it",
  cases: [...envelopes, ...payloads, ...records, ...attributes],
};
