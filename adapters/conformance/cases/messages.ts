import { type Case, type Group, once } from "../case.ts";
import { batch, binary, event, ofSize, raw, structured, withData } from "../messages.ts";

const dead = (code: string) => ({ expect: { dead: code } });
const noEvent = (code: string) => ({ ...dead(code), needs: ["any-body"] as const });
const noLabel = { ...dead("content-type"), needs: ["any-body", "content-type"] as const };
const bytesOf = (size: number) =>
  binary("application/octet-stream", { body: new Uint8Array(Math.floor(size)).fill(255) });
const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const whole = JSON.stringify(event());

export const bodies: Group = {
  title: "bodies that are no event",
  cases: [
    once("empty", raw(""), noEvent("json")),
    once("malformed", raw("{'id': 1}"), noEvent("json")),
    once("truncated", raw(whole.slice(0, -4)), noEvent("json")),
    once("text", raw("order 17 was placed", "text/plain"), noLabel),
    once("not UTF-8", raw(Uint8Array.of(0x22, 0xff, 0xfe, 0x22)), {
      ...dead("utf8"),
      needs: ["any-body", "any-bytes"],
    }),
    ...["null", "17", '"text"', "true", "[]"].map((body) => once(`not an object: ${body}`, raw(body), noEvent("json"))),
    once("JSON without a label and without a specversion", raw('{"n":1}', "application/json"), noLabel),
    once("a member __proto__", raw(`${whole.slice(0, -1)},"__proto__":{"admin":true}}`), dead("prototype")),
    once("data with a member __proto__", withData('{"__proto__":{"admin":true}}'), dead("prototype")),
    once("data with constructor.prototype", withData('{"constructor":{"prototype":{}}}'), dead("prototype")),
    once("data and data_base64", structured({ data_base64: "AA==" }), dead("data")),
    once("data_base64 that is not base64", structured({ data: undefined, data_base64: "*" }), dead("data")),
    once("a number beyond every double", withData("1e400"), { ...dead("data"), needs: ["any-number"] }),
  ],
};

const required = ["id", "source", "type", "specversion"];
const wrong: readonly (readonly [string, object])[] = [
  ...required.flatMap((name): (readonly [string, object])[] => [
    [`${name} missing`, { [name]: undefined }],
    [`${name} null`, { [name]: null }],
    [`${name} empty`, { [name]: "" }],
    [`${name} a number`, { [name]: 1 }],
    [`${name} an object`, { [name]: {} }],
  ]),
  ["specversion 0.3", { specversion: "0.3" }],
  ["specversion 2.0", { specversion: "2.0" }],
  ["source no URI reference", { source: "a b" }],
  ["time in words", { time: "yesterday" }],
  ["time on a day that no calendar has", { time: "2026-02-30T00:00:00Z" }],
  ["dataschema relative", { dataschema: "/schema" }],
  ["an extension in upper case", { Note: "x" }],
  ["an extension with a hyphen", { "a-note": "x" }],
  ["an extension that is an object", { note: {} }],
  ["an extension that is a fraction", { note: 1.5 }],
  ["a control character", { id: "e\u0007" }],
];

/** Sidecars complete what is missing, all but the id. Without a label, JSON is an event by its specversion. */
function needsOf(name: string) {
  if (/^(source|type|specversion) (missing|null)$/.test(name)) return { needs: ["unchanged"] as const };
  return /^specversion (a number|an object)$/.test(name) ? { needs: ["label"] as const } : {};
}

export const attributes: Group = {
  title: "attributes that break a rule",
  cases: [
    ...wrong.map(([name, members]) => once(name, structured(members), { ...dead("attribute"), ...needsOf(name) })),
    // JSON.stringify writes half a character as it is only since well-formed JSON: as an escape.
    once("half a character", structured({ id: "e\ud800" }), { ...dead("attribute"), needs: ["any-text"] }),
  ],
};

const kept: readonly (readonly [string, unknown])[] = [
  ["0", 0],
  ["false", false],
  ["an empty string", ""],
  ["null", null],
  ["an empty object", {}],
  ["non-ASCII text", { name: "Zażółć gęślą jaźń, 日本, 🎉" }],
  ["names of Object's own members", { toString: 1, hasOwnProperty: 2 }],
];

export const data: Group = {
  title: "data arrives as it was sent",
  cases: [
    ...kept.map(([name, value]) => once(name, structured({ data: value }), { data: { is: value } })),
    once("half a character", structured({ data: "\ud800" }), { data: { is: "\ud800" }, needs: ["any-text"] }),
    once("none", structured({ data: undefined }), { data: { is: undefined } }),
    once("bytes", structured({ data: undefined, data_base64: "AP+A" }), {
      data: { is: Uint8Array.of(0, 255, 128) },
    }),
    once("text", structured({ datacontenttype: "text/plain", data: "two\nlines" }), { data: { is: "two\nlines" } }),
    once("integers beyond 2^53", withData("[9007199254740993,-9007199254740993]"), {
      data: { is: [9007199254740993n, -9007199254740993n] },
    }),
    once("of equal members the last", withData('{"a":1,"a":2}'), { data: { is: { a: 2 } } }),
    once("64 KiB", ofSize(64 * 1024)),
    once("as much as an event may have", (most) => ofSize(most), { needs: ["unchanged"] }),
    once("one byte more than it may have", (most) => ofSize(most + 1), { ...dead("size"), needs: ["any-size"] }),
    once("twice as much", (most) => ofSize(2 * most), { ...dead("size"), needs: ["any-size", "any-length"] }),
    once("bytes that are within it by themselves, and beyond it as base64", (most) => bytesOf(0.9 * most), {
      ...dead("size"),
      needs: ["binary-mode", "any-bytes"],
    }),
    once("as many bytes as it may have in base64", (most) => bytesOf(0.7 * most), {
      needs: ["binary-mode", "any-bytes"],
    }),
    once("nested 64 levels", withData(nested(64))),
    once("nested 65 levels", withData(nested(65)), dead("depth")),
    once("nested 5,000 levels", withData(nested(5_000)), dead("depth")),
    once("nested 90,000 levels", withData(nested(90_000)), { ...dead("depth"), needs: ["any-depth"] }),
    once("nested so deep that it is too much", (most) => withData(nested(most)), {
      ...dead("size"),
      needs: ["any-size", "any-length", "any-depth"],
    }),
  ],
};

const json = JSON.stringify({ n: 1 });

/** Forty events, more together than one may have. */
const largeBatch = (most: number) =>
  batch(Array.from({ length: 40 }, (_, n) => event({ id: `e-${n}`, data: "x".repeat(most / 32) })));

function labelled(contentType: string): Case {
  return once(`structured as ${contentType || "nothing at all"}`, structured({}, contentType), {
    needs: ["content-type"],
    data: { is: { n: 1 } },
  });
}

export const modes: Group = {
  title: "content modes and types",
  cases: [
    labelled("application/cloudevents+json; charset=UTF-8"),
    labelled("Application/CloudEvents+JSON"),
    labelled("application/json"),
    labelled(""),
    once("structured in another charset", structured({}, "application/cloudevents+json; charset=utf-16"), {
      ...dead("content-type"),
      needs: ["content-type"],
    }),
    once("a content type that is none", raw(whole, "cloudevents"), {
      ...dead("content-type"),
      needs: ["content-type"],
    }),
    once("binary with JSON", binary("application/json", { body: json }), {
      needs: ["binary-mode"],
      data: { is: { n: 1 } },
    }),
    once("binary with text", binary("text/plain; charset=utf-8", { body: "zażółć" }), {
      needs: ["binary-mode"],
      data: { is: "zażółć" },
    }),
    once("binary with bytes", binary("application/octet-stream", { body: Uint8Array.of(0, 255) }), {
      needs: ["binary-mode", "any-bytes"],
      data: { is: Uint8Array.of(0, 255) },
    }),
    once("binary without data", binary("application/json", { body: "" }), {
      needs: ["binary-mode"],
      data: { is: undefined },
    }),
    once(
      "binary with a percent-encoded id",
      binary("application/json", { body: json, headers: { "ce-id": "%C3%A9%20%22" } }),
      {
        needs: ["binary-mode", "http-headers"],
        id: 'é "',
      },
    ),
    once(
      "binary with a wrong percent-encoding",
      binary("application/json", { body: json, headers: { "ce-id": "%C3" } }),
      {
        ...dead("attribute"),
        needs: ["binary-mode", "http-headers"],
      },
    ),
    once("binary with malformed JSON", binary("application/json", { body: "{" }), {
      ...dead("json"),
      needs: ["binary-mode"],
    }),
    once("a batch of none", batch([]), { needs: ["batch-mode"], handled: 0 }),
    once("a batch of three", batch([1, 2, 3].map((n) => event({ id: `e-${n}` }))), {
      needs: ["batch-mode"],
      handler: "says",
      handled: 3,
      published: ["followed", "followed", "followed"],
      ids: 3,
    }),
    {
      name: "a batch with one that fails: it comes again, and the others are not handled again",
      handler: "works-at-second",
      needs: ["batch-mode"],
      steps: [
        { send: batch([event(), event({ id: "e-2" })]), expect: "retry" },
        { again: batch([event(), event({ id: "e-2" })]), expect: "ack" },
      ],
      handled: 3,
      published: ["followed", "followed"],
    },
    once("a batch of more than one event may have: each is handled", largeBatch, {
      needs: ["batch-mode", "any-size", "any-length"],
      handled: 40,
    }),
    once("a batch with a poisoned one: the others are handled", batch([event(), 17, event({ id: "e-2" })]), {
      ...dead("json"),
      needs: ["batch-mode"],
      handled: 2,
    }),
  ],
};
