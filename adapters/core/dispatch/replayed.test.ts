import { describe, expect, it } from "vitest";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { decode } from "../event/decode.ts";
import { encodeStructured } from "../event/encode.ts";
import { MAX_BYTES } from "../event/event-size.ts";
import { type Remains, toDeadLetter } from "./dead-letter.ts";
import { letterDigest, toReplay } from "./replayed.ts";
import { heard } from "./test-function.ts";

const STRUCTURED = { "content-type": "application/cloudevents+json" };
const messageOf = (body: string) => ({ headers: STRUCTURED, body: Buffer.from(body) });
const held = (event: object) => messageOf(JSON.stringify(event));

function letterOf(remains: Remains, topic: string | undefined = "in") {
  const passport = { dead: new Dead("schema", "why"), functionName: "fn", time: "2026-11-25T10:00:00Z" };
  return messageOf(toDeadLetter(remains, { ...passport, topic, letterSecret: "a secret of the deployment" }).body);
}

describe("what lives again of a letter", () => {
  it("is the original, same source and id, marked with its letter and with the function where it died", () => {
    const letter = letterOf({ event: heard });
    expect(toReplay(letter)).toEqual({
      topic: "in",
      event: { ...heard, replayof: letterDigest(letter.body), replayfor: "fn" },
    });
  });

  it("bears the marks of its last letter, where it has died again", () => {
    const letter = letterOf({ event: { ...heard, replayof: "an earlier letter", replayfor: "another" } });
    expect(toReplay(letter).event).toMatchObject({ replayof: letterDigest(letter.body), replayfor: "fn" });
  });

  it("goes where its broker or an operator says, before what it says itself", () => {
    const known = { topic: "bills", functionName: "billing" };
    expect(toReplay(letterOf({ event: heard }), known)).toMatchObject({
      topic: "bills",
      event: { replayfor: "billing" },
    });
    expect(toReplay(held(heard), known)).toMatchObject({ topic: "bills", event: { replayfor: "billing" } });
  });

  it("is for everybody on its topic where it died at what is no function of the system", () => {
    const letter = letterOf({ event: heard });
    const event = { ...heard, replayof: letterDigest(letter.body) };
    expect(toReplay(letter, { functions: ["fn", "other"] }).event).toEqual({ ...event, replayfor: "fn" });
    expect(toReplay(letter, { functions: ["other"] }).event).toEqual(event);
  });

  it("is for whom it was where a replay is given up in its turn, whatever it says of itself", () => {
    const again = held({ ...heard, replayof: "an earlier letter", replayfor: "fn", deadfunction: "another" });
    expect(toReplay(again).event).toMatchObject({ replayof: letterDigest(again.body), replayfor: "fn" });
    const passport = letterOf({ event: { ...heard, replayfor: "other" } });
    expect(toReplay(passport, { isGivenUp: true }).event).toMatchObject({ replayfor: "other" });
  });

  it("is for everybody, and from nowhere, where nobody knows", () => {
    const letter = held(heard);
    expect(toReplay(letter)).toEqual({ topic: undefined, event: { ...heard, replayof: letterDigest(letter.body) } });
    expect(toReplay(letterOf({ event: heard }, "none")).topic).toBe(undefined);
  });

  it("has lost what a sidecar wrote on it, so that the next does not take it for expired", () => {
    const sidecars = { topic: "dead-letters", pubsubname: "pubsub", traceid: "t", expiration: "2020-01-01T00:00:00Z" };
    const { event } = toReplay(held({ ...JSON.parse(String(letterOf({ event: heard }).body)), ...sidecars }));
    expect(Object.keys(event as object).sort()).toEqual([...Object.keys(heard), "replayfor", "replayof"].sort());
    const others = { topic: "of its producer", expiration: "none of a sidecar's" };
    expect(toReplay(held({ ...heard, ...others })).event).toMatchObject(others);
  });

  it("has no expiration where it died of that, whoever wrote it", () => {
    const event = { ...heard, expiration: "2020-01-01T00:00:00Z" };
    const passport = { dead: new Dead("expired", "why"), functionName: "fn", time: "2026-11-25T10:00:00Z" };
    const letter = messageOf(toDeadLetter({ event }, { ...passport, topic: "in" }).body);
    const marks = { replayof: letterDigest(letter.body), replayfor: "fn" };
    expect(toReplay(letter).event).toEqual({ ...heard, ...marks });
  });

  it("is taken where the original was: marks and what carriers write do not count", () => {
    const most = "x".repeat(MAX_BYTES - encodeStructured({ ...heard, data: "" }).length);
    const { event } = toReplay(letterOf({ event: { ...heard, data: most } }));
    const sent = { ...(event as CloudEvent), topic: "in", pubsubname: "pubsub", traceid: "0".repeat(55) };
    const codeOf = (each: CloudEvent) => {
      const [decoded] = decode(messageOf(encodeStructured(each)));
      return decoded && "refused" in decoded ? decoded.refused.code : "an event";
    };
    expect([codeOf(sent), codeOf({ ...sent, data: `${most}x` })]).toEqual(["an event", "size"]);
  });

  it("is the message as it came, where it was no event", () => {
    const message = { headers: { "content-type": "text/csv", "x-hint": "a" }, body: Buffer.from([1, 255]) };
    const replay = toReplay(letterOf({ message }));
    expect(replay).toEqual({ topic: "in", message: { headers: message.headers, body: new Uint8Array([1, 255]) } });
  });

  it.each([
    ["it was cut", letterOf({ event: { ...heard, data: "x".repeat(3 * MAX_BYTES) } }), /^is cut: .* of \d{6} bytes$/],
    ["it is no event", messageOf("{"), /^is no event: /],
    [
      "there is nothing in it",
      { headers: { "content-type": "application/cloudevents-batch+json" }, body: Buffer.from("[]") },
      /^is no event/,
    ],
  ])("is nothing, with the reason, where %s", (_what, letter, reason) => {
    expect(() => toReplay(letter)).toThrow(reason);
  });
});
