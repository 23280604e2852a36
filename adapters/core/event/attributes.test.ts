import { describe, expect, it } from "vitest";
import { parseEvent } from "./test-decode.ts";

const required = { specversion: "1.0", id: "e-1", source: "/shop/order", type: "com.example.order.created.v1" };

describe("a context attribute", () => {
  it.each<Record<string, unknown>>([
    { id: " " },
    { id: "žluťoučký kůň 😀" },
    { source: "https://github.com/cloudevents" },
    { source: "mailto:cncf-wg-serverless@lists.cncf.io" },
    { source: "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66" },
    { source: "/cloudevents/spec/pull/123" },
    { source: "1-555-123-4567" },
    { source: "order" },
    { source: "../a?b=c#d" },
    { source: "#" },
    { source: "//user:pw@[::1]:80/a%20b" },
    { source: "file:///a" },
    { dataschema: "https://example.com/order.json#v1" },
    { dataschema: "urn:a" },
    { subject: "o-1" },
    { time: "2026-02-28T23:59:59Z" },
    { time: "2024-02-29t00:00:00.123456789z" },
    { time: "2016-12-31T23:59:60Z" },
    { time: "2017-01-01T01:59:60+02:00" },
    { time: "0000-01-01T00:00:00-00:00" },
    { datacontenttype: "application/json; charset=utf-8" },
    { datacontenttype: 'multipart/mixed;boundary="a;\\"b"' },
    { datacontenttype: "text/plain;" },
    { comexampleextension1: "" },
    { ["x".repeat(64)]: "long names are discouraged, not forbidden" },
    { attempt: 2147483647, low: -2147483648, retried: false },
    { constructor: "a legal name" },
  ])("may be %j", (attributes) => {
    const event = { ...required, ...attributes };
    expect(parseEvent(event)).toStrictEqual(event);
  });

  it.each([
    ["specversion", undefined, "nothing"],
    ["specversion", null, "nothing"],
    ["specversion", "", "an empty string"],
    ["specversion", "0.3", '"0.3"'],
    ["specversion", "1", '"1"'],
    ["specversion", "2.0", '"2.0"'],
    ["specversion", 1, "a number"],
    ["id", undefined, "nothing"],
    ["id", null, "nothing"],
    ["id", "", "an empty string"],
    ["id", 5, "a number"],
    ["id", {}, "an object"],
    ["id", "a\u0000", "U+0000"],
    ["id", "a\u0085", "U+0085"],
    ["id", "\ud800a", "U+D800"],
    ["id", "\ufdd0", "U+FDD0"],
    ["id", "\u{1ffff}", "U+1FFFF"],
    ["source", undefined, "nothing"],
    ["source", "", "an empty string"],
    ["source", true, "a boolean"],
    ["source", "a b", '"a b"'],
    ["source", "1a:b", '"1a:b"'],
    ["source", "/a%2", '"/a%2"'],
    ["source", "/ž", '"/ž"'],
    ["source", "a#b#c", '"a#b#c"'],
    ["source", "http://[::1", '"http://[::1"'],
    ["type", undefined, "nothing"],
    ["type", "", "an empty string"],
    ["type", [], "an array"],
    ["subject", 5, "a number"],
    ["dataschema", "/order.json", '"/order.json"'],
    ["dataschema", "order", '"order"'],
    ["time", 1700000000, "a number"],
    ["time", "yesterday", '"yesterday"'],
    ["time", "2026-02-29T00:00:00Z", '"2026-02-29T00:00:00Z"'],
    ["time", "2100-02-29T00:00:00Z", '"2100-02-29T00:00:00Z"'],
    ["time", "2026-04-31T00:00:00Z", '"2026-04-31T00:00:00Z"'],
    ["time", "2026-13-01T00:00:00Z", '"2026-13-01T00:00:00Z"'],
    ["time", "2026-01-01T24:00:00Z", '"2026-01-01T24:00:00Z"'],
    ["time", "2026-01-01T12:00:60Z", '"2026-01-01T12:00:60Z"'],
    ["time", "2026-01-01T00:00:00", '"2026-01-01T00:00:00"'],
    ["time", "2026-01-01 00:00:00Z", '"2026-01-01 00:00:00Z"'],
    ["time", "2026-01-01", '"2026-01-01"'],
    ["time", "2026-01-01T00:00:00.Z", '"2026-01-01T00:00:00.Z"'],
    ["datacontenttype", "json", '"json"'],
    ["datacontenttype", "text/plain; charset", '"text/plain; charset"'],
    ["datacontenttype", "a/b c", '"a/b c"'],
    ["ext", "a\n", "U+000A"],
    ["ext", {}, "an object"],
    ["ext", [], "an array"],
    ["ext", 1.5, "another number"],
    ["ext", 2147483648, "another number"],
  ])("%s must not be %j", (name, value, got) => {
    const act = () => parseEvent({ ...required, [name]: value });
    expect(act).toThrow(expect.objectContaining({ name: "Dead", code: "attribute" }));
    expect(act).toThrow(new RegExp(`^${name}: must .*, got ${got.replace(/[\\[\](){}.*+?^$|]/g, "\\$&")}$`));
  });

  it.each(["", "Upper", "dash-ext", "under_score", "ž", "data_base65", "a b", "x".repeat(65)])(
    "must not be named %j",
    (name) => {
      expect(() => parseEvent({ ...required, [name]: "x" })).toThrow(/must have a name of 1 to 64 characters/);
    },
  );

  it("that is null is unset (JSON format 2.2)", () => {
    const event = { ...required, subject: null, time: null, ext: null, data: null };
    expect(parseEvent(event)).toStrictEqual({ ...required, data: null });
  });

  it("that is optional and empty is unset as well, an extension is not", () => {
    const event = { ...required, subject: "", time: "", dataschema: "", datacontenttype: "", ext: "" };
    expect(parseEvent(event)).toStrictEqual({ ...required, ext: "" });
  });
});
