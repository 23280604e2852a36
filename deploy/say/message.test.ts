import * as v from "valibot";
import { expect, it } from "vitest";
import { UsageError } from "../../adapters/local/command-line.ts";
import { defineEvent } from "../../functions/kernel/define.ts";
import { parseInput, toEvent } from "./message.ts";

const type = "org.example.it.v1";
const It = defineEvent({ type, topic: "things", data: v.object({ id: v.string() }), subject: ({ id }) => id });
const around = { source: "/test/say", newId: () => "new", time: "2026-11-28T10:00:00.000Z" };
const bare = { specversion: "1.0", datacontenttype: "application/json", source: "/test/say", time: around.time, type };

it("makes an event of bare data, whose id all that follows will bear", () => {
  const event = { ...bare, id: "new", correlationid: "new", subject: "a", data: { id: "a" } };
  expect(toEvent({ id: "a" }, It, around)).toEqual(event);
});

it("leaves what a whole event says of itself, and adds what it does not", () => {
  const whole = { specversion: "1.0", type, id: "own", source: "/else", correlationid: "c", data: { id: "a" } };
  const { datacontenttype, time } = bare;
  expect(toEvent(whole, It, around)).toEqual({ ...whole, datacontenttype, time, subject: "a" });
});

it("gives it the id that is wanted", () => {
  const whole = { specversion: "1.0", type, id: "own", source: "/else", data: { id: "a" } };
  expect(toEvent(whole, It, { ...around, id: "wanted" })).toMatchObject({ id: "wanted", correlationid: "wanted" });
});

it.each<[string, unknown]>([
  ["of data that breaks its schema", { id: 7 }],
  ["of no object", "text"],
  ["of null", null],
])("makes one without a subject %s, which its consumers are to judge", (_what, data) => {
  expect(toEvent(data, It, around)).toEqual({ ...bare, id: "new", correlationid: "new", data });
});

it.each([
  [
    "of another type",
    { type: "org.example.other.v1" },
    `FILE: must hold an event of ${type}, holds one of org.example.other.v1`,
  ],
  ["that is no CloudEvent", { type, id: "" }, /^id: must/],
])("refuses a whole event %s", (_fault, event, message) => {
  const make = () => toEvent({ specversion: "1.0", ...event }, It, around);
  expect(make).toThrow(UsageError);
  expect(make).toThrow(message);
});

it("says where there is no JSON", () => {
  expect(() => parseInput("{", "event.json")).toThrow(/^FILE event\.json: must be JSON/);
});
