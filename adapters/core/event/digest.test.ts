import { expect, it } from "vitest";
import { digestOf, digestOfEvent } from "./digest.ts";

const of = (data: unknown) => digestOf("a.v1", "s", data);

it.each([
  [
    "the order of keys, at any depth",
    { a: 1, b: { c: 2, d: [{ e: 3, f: 4 }] } },
    { b: { d: [{ f: 4, e: 3 }], c: 2 }, a: 1 },
  ],
  ["a field that is undefined, which JSON leaves out", { a: 1, b: undefined }, { a: 1 }],
  ["how a number is written", JSON.parse("1e2"), JSON.parse("100.0")],
  ["how text is escaped", JSON.parse('"\\u00e9\\/"'), "é/"],
  ["the kind of byte array", Buffer.from("x"), new Uint8Array([120])],
  ["an exact integer's kind", 5n, 5],
])("is the same, whatever %s", (_what, one, other) => {
  expect(of(one)).toBe(of(other));
});

it.each([
  ["the order of a list", [1, 2], [2, 1]],
  ["text and number", "1", 1],
  ["nothing and an empty object", null, {}],
  ["an empty list and an empty object", [], {}],
  ["where one value ends", ["a,b"], ["a", "b"]],
  ["a key and its value", { a: "b" }, { b: "a" }],
  ["integers beyond 2^53", 9007199254740993n, 9007199254740992n],
  ["bytes and their text", new Uint8Array([120]), "x"],
  ["canonical forms of letters", "é", "e\u0301"],
])("tells apart %s", (_what, one, other) => {
  expect(of(one)).not.toBe(of(other));
});

it("tells apart types, and subjects", () => {
  expect(new Set([digestOf("a", "s", 1), digestOf("b", "s", 1), digestOf("a", "t", 1)]).size).toBe(3);
});

it("looks at what is nested deep as often as at what is not, so that 64 levels out of order do not stop the process", () => {
  let reads = 0;
  const innermost = {
    b: 1,
    get a() {
      reads++;
      return 1;
    },
  };
  let data: unknown = innermost;
  for (let level = 0; level < 16; level++) data = { only: data };
  of(data);
  expect(reads).toBeLessThanOrEqual(2);
});

it.each([
  ["no text, and empty text, which binary mode cannot tell apart", { datacontenttype: "text/plain", data: "" }, {}],
  ["no bytes and nothing", { data: new Uint8Array() }, {}],
  [
    "text in another charset, and that text",
    { datacontenttype: "text/plain; charset=iso-8859-1", data: Uint8Array.of(0xe9) },
    { datacontenttype: "text/plain; charset=iso-8859-1", data: "é" },
  ],
  [
    "bytes without a type that are JSON, and that JSON",
    { data: Buffer.from('{"b":1,"a":2}') },
    { data: { a: 2, b: 1 } },
  ],
])("is one for %s", (_what, one, other) => {
  const event = { specversion: "1.0", id: "1", source: "/s", type: "a.v1" };
  expect(digestOfEvent("s", { ...event, ...one })).toBe(digestOfEvent("s", { ...event, ...other }));
});

it.each([
  ["empty text of JSON and nothing", { data: "" }, {}],
  ["bytes by their label, and JSON", { datacontenttype: "image/png", data: Buffer.from("1") }, { data: 1 }],
  [
    "bytes of a charset that nobody knows, and others",
    { datacontenttype: "text/plain; charset=x-none", data: Uint8Array.of(0xe9) },
    { datacontenttype: "text/plain; charset=x-none", data: Uint8Array.of(0xe8) },
  ],
  ["bytes that are no JSON, and others", { data: Buffer.from("a") }, { data: Buffer.from("b") }],
])("tells apart %s", (_what, one, other) => {
  const event = { specversion: "1.0", id: "1", source: "/s", type: "a.v1" };
  expect(digestOfEvent("s", { ...event, ...one })).not.toBe(digestOfEvent("s", { ...event, ...other }));
});
