import { describe, expect, it } from "vitest";
import { isWanted, type Letter, toLetter } from "./letter.ts";
import { toSent } from "./sent.ts";
import { letterBytes, SECRET, toHeld } from "./test-letters.ts";

const headers = {};

describe("toLetter", () => {
  it("reads of a letter of ours where it died and of what, and whether its seal is valid", () => {
    const body = letterBytes({ code: "schema", reason: "data.a: is required" });
    expect(toLetter({ headers, body }, { secret: SECRET, id: "m-1" })).toEqual({
      ...{ digest: expect.stringMatching(/^[0-9a-f]{64}$/), eventId: "e-1", type: "com.example.test.v1", source: "/t" },
      ...{ function: "billing", code: "schema", reason: "data.a: is required", topic: "orders" },
      ...{ time: "2026-11-28T11:59:00.000Z", isSealed: true, bytes: body.byteLength, isWhole: true },
    });
  });

  it.each([
    ["no secret is known", letterBytes({}), undefined],
    ["its secret is another", letterBytes({}), "another"],
    ["it bears none", letterBytes({ secret: undefined }), SECRET],
  ])("takes no seal for valid where %s", (_what, body, secret) => {
    expect(toLetter({ headers, body }, { secret, id: "m-1" }).isSealed).toBe(false);
  });

  it("believes its broker, not the letter, where the broker gave it up", () => {
    const givenUp = { reason: "not handled in 5 deliveries", topic: "bills", function: "order" };
    const letter = toLetter(
      { headers, body: letterBytes({}) },
      { secret: SECRET, givenUp, id: "m-1", time: "2026-11-28T10:00:00Z" },
    );
    expect(letter).toMatchObject({
      ...givenUp,
      code: "given-up",
      isSealed: false,
      isWhole: true,
      time: "2026-11-28T10:00:00Z",
    });
  });

  it("calls what is no event by what its carrier calls it", () => {
    const letter = toLetter({ headers, body: Buffer.from("{") }, { id: "m-1" });
    expect(letter).toMatchObject({ eventId: "m-1", type: "(no event)", code: "given-up", reason: "nobody says why" });
  });
});

describe("isWanted", () => {
  const { letter } = toHeld(letterBytes({}));
  it.each([
    [{}, true],
    [{ function: "billing", code: "schema", topic: "orders" }, true],
    [{ function: "order" }, false],
    [{ code: "json" }, false],
    [{ topic: "bills" }, false],
    [{ since: Date.parse("2026-11-28T11:58:00Z") }, true],
    [{ since: Date.parse("2026-11-28T11:59:30Z") }, false],
    [{ ids: ["00000000", letter.digest.slice(0, 8)] }, true],
    [{ ids: ["00000000"] }, false],
  ])("with %j says %s", (filter, wanted) => {
    expect(isWanted(letter, filter)).toBe(wanted);
  });

  it("does not want a letter without a time where a time is asked for", () => {
    const { time: _, ...timeless } = letter;
    expect(isWanted(timeless as Letter, { since: 0 })).toBe(false);
  });
});

describe("toSent", () => {
  it("sends the original with its id, without its passport, marked", () => {
    const body = letterBytes({});
    const sent = toSent({ headers, body }, {});
    expect(JSON.parse(Buffer.from(sent.body).toString())).toEqual({
      ...{ specversion: "1.0", id: "e-1", source: "/t", type: "com.example.test.v1", data: { a: 1 } },
      ...{ replayof: toHeld(body).letter.digest, replayfor: "billing" },
    });
  });

  it("marks what was edited as the replay of the letter that is held", () => {
    const body = letterBytes({});
    const event = Buffer.from('{"specversion":"1.0","id":"e-1","source":"/t","type":"t","data":{"a":2}}');
    const sent = toSent({ headers, body }, { event, functionName: "billing", functions: ["billing"] });
    expect(JSON.parse(Buffer.from(sent.body).toString())).toEqual({
      ...JSON.parse(event.toString()),
      ...{ replayof: toHeld(body).letter.digest, replayfor: "billing" },
    });
  });

  it.each([
    ["is none of the system's", { functions: ["order"] }],
    ["a letter that its broker gave up names itself", { functions: ["billing"], isGivenUp: true }],
  ])("marks none for a function that %s: everybody would ignore it", (_what, options) => {
    const sent = toSent({ headers, body: letterBytes({ at: "billing" }) }, options);
    expect(JSON.parse(Buffer.from(sent.body).toString())).not.toHaveProperty("replayfor");
  });

  it.each([
    ["a batch", { "content-type": "application/cloudevents-batch+json" }, `[${letterBytes({})},${letterBytes({})}]`],
    ["no event", { "content-type": "text/plain" }, "hello"],
  ])("sends %s that its broker gave up as it came: none of it is lost", (_what, carried, text) => {
    const message = { headers: carried, body: Buffer.from(text) };
    expect(toSent(message, { topic: "orders", isGivenUp: true })).toBe(message);
  });

  it("refuses what is no event and nobody gave up: nobody knows what it is", () => {
    expect(() => toSent({ headers, body: Buffer.from("{") }, {})).toThrow(/is no event/);
  });
});
