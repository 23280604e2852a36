import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { decode } from "../event/decode.ts";
import { encodeStructured } from "../event/encode.ts";
import { MAX_BYTES, PASSPORT_BYTES } from "../event/event-size.ts";
import { type Remains, toDeadLetter } from "./dead-letter.ts";
import { heard } from "./test-function.ts";

const TIME = "2026-11-25T10:00:00.000Z";
const PASSPORT = { deadreason: "why", deadcode: "schema", deadfunction: "fn", deadtopic: "in", deadtime: TIME };
const KIB = 1024;

const letterOf = (remains: Remains, dead = new Dead("schema", "why")) =>
  toDeadLetter(remains, { dead, functionName: "fn", topic: "in", time: TIME });

/** out: the letter as a consumer gets it. throws: when it is no event */
function open(remains: Remains, dead?: Dead): CloudEvent {
  const { body } = letterOf(remains, dead);
  const message = { headers: { "content-type": "application/cloudevents+json" }, body: Buffer.from(body) };
  const [decoded] = decode(message, { maxBytes: 1024 * KIB });
  if (!decoded || "refused" in decoded) throw decoded?.refused;
  return decoded.event;
}

const text = ({ data }: CloudEvent) => Buffer.from(data as Uint8Array).toString();
const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("the letter of an event", () => {
  it("is the event with a passport, on the topic dead-letters, under the event's own key", () => {
    expect(letterOf({ event: heard })).toMatchObject({ topic: "dead-letters", key: "s" });
    expect(open({ event: heard })).toEqual({ ...heard, ...PASSPORT });
  });

  it("says so where the topic is unknown, and is keyed by the id where there is no subject", () => {
    const { subject: _, ...event } = heard;
    const letter = toDeadLetter(
      { event: event as CloudEvent },
      { dead: new Dead("x", "why"), functionName: "fn", topic: undefined, time: TIME },
    );
    expect([letter.key, JSON.parse(letter.body).deadtopic]).toEqual(["e-1", "none"]);
  });

  it("has a key that fits into a URL and every broker, the same one for a subject", () => {
    const keys = ["s".repeat(128), "ü".repeat(100_000), "ü".repeat(100_000), "ü".repeat(100_001)].map(
      (subject) => letterOf({ event: { ...heard, subject } }).key,
    );
    expect(keys[0]).toBe("s".repeat(128));
    expect(keys.map((key) => encodeURIComponent(key).length <= 128)).toEqual([true, true, true, true]);
    expect([keys[1] === keys[2], keys[1] === keys[3]]).toEqual([true, false]);
  });

  it("names its topic in few characters that an attribute may hold, whatever an envelope says it was", () => {
    const dead = new Dead("x", "why");
    const message = { headers: {}, body: Buffer.from("x") };
    const topic = "a\u0001".repeat(200_000);
    const { body } = toDeadLetter({ message }, { dead, functionName: "fn", topic, time: TIME });
    expect(JSON.parse(body).deadtopic).toBe("a ".repeat(100));
  });

  it("has all extensions as strings, which sidecars can carry", () => {
    const letter = open({ event: { ...heard, attempt: 3, urgent: false } });
    expect(letter).toMatchObject({ attempt: "3", urgent: "false" });
  });

  it("carries the passport of its last death, when a letter dies", () => {
    expect(open({ event: { ...heard, ...PASSPORT, deadcode: "older" } })).toMatchObject({ deadcode: "schema" });
  });

  it.each([
    ["an object", { a: [1, null, "é"] }],
    ["null", null],
    ["false", false],
    ["text", "text"],
    ["bytes", new Uint8Array([0, 255])],
    ["an integer beyond 2^53", 9007199254740993n],
  ])("carries %s as it was", (_what, data) => {
    const datacontenttype = data instanceof Uint8Array ? "image/png" : "application/json";
    expect(open({ event: { ...heard, datacontenttype, data } }).data).toEqual(data);
  });

  it("carries no data where there was none", () => {
    const { data: _, ...event } = heard;
    expect(open({ event: event as CloudEvent })).not.toHaveProperty("data");
  });
});

describe("the reason in a letter", () => {
  it.each([
    ["control characters and lone surrogates", "a\u0000\r\n\u007f\ud800z", "a   \ufffdz"],
    ["an address", "no mailbox ada@example.com", "no mailbox <address>"],
    ["nothing", "", ""],
  ])("is fit for an attribute, given %s", (_what, message, reason) => {
    expect(open({ event: heard }, new Dead("x", message)).deadreason).toBe(reason);
  });

  it("is short, and cut between characters", () => {
    const { deadreason } = open({ event: heard }, new Dead("x", "x".repeat(299) + "\u{1f600}".repeat(900)));
    expect(String(deadreason).length).toBeLessThanOrEqual(1_000);
    expect(String(deadreason).isWellFormed()).toBe(true);
  });

  it("has a code fit for an attribute", () => {
    expect(open({ event: heard }, new Dead("a\nb", "why")).deadcode).toBe("a b");
  });
});

describe("a letter that brokers would refuse for its size", () => {
  const size = (event: CloudEvent) => Buffer.byteLength(letterOf({ event }).body);
  const most = MAX_BYTES + PASSPORT_BYTES;
  const fitting = most - size({ ...heard, data: "" });

  it("is whole up to what an event may have and a passport", () => {
    const data = "x".repeat(fitting);
    expect(size({ ...heard, data })).toBe(most);
    expect(open({ event: { ...heard, data } }).data).toBe(data);
  });

  it("is cut above to the first 64 KiB of the event, with length and SHA-256 of all of it", () => {
    const event = { ...heard, data: "é".repeat(fitting / 2 + 1) };
    const whole = encodeStructured(event);
    const letter = open({ event });
    expect(text(letter)).toBe(
      Buffer.from(whole)
        .subarray(0, 64 * KIB)
        .toString(),
    );
    expect(letter).toMatchObject({
      ...PASSPORT,
      id: "e-1",
      subject: "s",
      datacontenttype: "application/octet-stream",
      deadlength: String(Buffer.byteLength(whole)),
      deadsha256: sha256(whole),
    });
  });

  it("is cut to the first 64 KiB of the data, where these are bytes", () => {
    const data = new Uint8Array(210 * KIB).fill(7);
    expect(open({ event: { ...heard, data } })).toMatchObject({
      data: data.subarray(0, 64 * KIB),
      deadlength: String(210 * KIB),
      deadsha256: sha256(data),
    });
  });

  it.each([
    ["one attribute is", { note: "x".repeat(300 * KIB) }],
    ["the id is", { id: "i".repeat(300 * KIB) }],
    [
      "all attributes together are",
      Object.fromEntries(Array.from({ length: 4_000 }, (_, n) => [`e${n}`, "x".repeat(70)])),
    ],
  ])("becomes bytes, when %s too large to stay attributes", (_what, attributes) => {
    const { data, ...envelope } = heard;
    const event = { ...envelope, ...attributes, data } as CloudEvent;
    const letter = open({ event });
    expect(Buffer.byteLength(letterOf({ event }).body)).toBeLessThan(most);
    expect(letterOf({ event }).key.length).toBeLessThan(100);
    const whole = encodeStructured(event);
    expect(letter).toMatchObject({
      ...PASSPORT,
      deadlength: String(Buffer.byteLength(whole)),
      deadsha256: sha256(whole),
    });
    expect(text(letter)).toBe(whole.slice(0, 64 * KIB));
  });
});

describe("the letter of what was no event", () => {
  const message = {
    headers: { "content-type": "text/plain", "ce-id": "x", "ce-type": "a\u0007\ud800b", authorization: "secret" },
    body: Buffer.from([1, 2, 255]),
  };

  it("is an event that holds its bytes, its content type and its headers, and no secret", () => {
    expect(open({ message })).toEqual({
      specversion: "1.0",
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      source: "/loosely/undecodable",
      type: "com.example.undecodable.v1",
      deadcontenttype: "text/plain",
      deadheaders: JSON.stringify([
        ["ce-id", "x"],
        ["ce-type", "a\u0007\ud800b"],
      ]),
      datacontenttype: "application/octet-stream",
      data: new Uint8Array([1, 2, 255]),
      ...PASSPORT,
    });
  });

  it("is the same letter when the message comes again, and another for another message", () => {
    const ids = [message, message, { ...message, body: Buffer.from([1]) }, { ...message, headers: {} }].map(
      (each) => open({ message: each }).id,
    );
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
  });

  it("is cut as well", () => {
    const body = Buffer.alloc(300 * KIB, "x");
    const letter = open({ message: { headers: { "ce-x": "y".repeat(100 * KIB) }, body } });
    expect(letter).toMatchObject({ deadlength: String(300 * KIB), deadsha256: sha256(body) });
    expect(text(letter)).toBe("x".repeat(64 * KIB));
    expect(letter.deadheaders).toBe(JSON.stringify([["ce-x", "y".repeat(1_000)]]));
    expect(letter.deadleftout).toBe("0 of 1 headers, 1 cut");
  });

  it("says length and SHA-256 of all that came, where the host kept its beginning only", () => {
    const overflow = { length: 100_000_000, sha256: "a".repeat(64) };
    const letter = open({ message: { ...message, overflow } });
    expect(letter).toMatchObject({ deadlength: "100000000", deadsha256: overflow.sha256 });
    expect(letter.data).toEqual(new Uint8Array(message.body));
    const others = [message, { ...message, overflow: { ...overflow, sha256: "b".repeat(64) } }];
    expect(others.map((other) => open({ message: other }).id)).not.toContain(letter.id);
  });

  it("may be of nothing at all", () => {
    expect(open({ message: { headers: {}, body: new Uint8Array() } })).toMatchObject({
      ...PASSPORT,
      data: new Uint8Array(),
    });
  });
});
