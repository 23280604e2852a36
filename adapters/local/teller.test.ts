import { expect, it } from "vitest";
import { createTeller } from "./teller.ts";

const event = { ...{ time: 0, msg: "event", service: "one", type: "org.example.it.v1", durationMs: 1 }, said: [] };
const lines = {
  handled: { ...event, outcome: "ack", how: "handled" },
  ignored: { ...event, outcome: "ack", how: "ignored" },
  dead: { ...event, outcome: "dead", code: "schema", reason: "data: must be Object" },
  said: { time: 0, service: "one", stream: "stdout", msg: "event" },
};

it.each([
  ["all of it", {}, ["done", "ignored", "dead", "event"]],
  ["nothing of what is ignored, where that is hidden", { hidesIgnored: true }, ["done", "dead", "event"]],
  ["nothing of events where it is quiet, and all that a service prints", { isQuiet: true }, ["event"]],
])("tells %s", (_what, options, told) => {
  const printed: string[] = [];
  const tell = createTeller((text) => printed.push(text), options);
  for (const line of Object.values(lines)) tell(line);
  expect(printed.map((text) => /\b(done|ignored|dead|event)\b/.exec(text)?.[0])).toEqual(told);
});

const asked = { msg: "event", level: 30, time: 0, service: "one", type: "org.example.asked.v1", outcome: "ack" };
const warned = [
  { ...asked, how: "handled", said: [], durationMs: 1, subject: "a" },
  { msg: "my own words", level: 30, time: 0, service: "one", stream: "stdout" },
  { msg: "a warning of Node", level: 40, time: 0, service: "two", stream: "stderr" },
  { msg: "delivery failed", level: 40, time: 0, service: "sidecars", appId: "one", topic: "asked" },
  { msg: "APP_PRT: is no setting", level: 40, time: 0, service: "one", setting: "APP_PRT" },
  { msg: "APP_PRT: is no setting", level: 40, time: 0, service: "two", setting: "APP_PRT" },
  { msg: "ready", level: 30, time: 0, service: "one" },
];

it.each([
  { isQuiet: false, told: ["asked", "my own words", "a warning of Node", "delivery failed: one: asked", "APP_PRT"] },
  { isQuiet: true, told: ["my own words", "a warning of Node", "delivery failed: one: asked", "APP_PRT"] },
])("tells what is printed and warned of, and of a setting once, quiet: $isQuiet", ({ isQuiet, told }) => {
  const printed: string[] = [];
  const tell = createTeller((text) => printed.push(text), { isQuiet });
  for (const line of warned) tell(line);
  expect(printed).toEqual(told.map((part) => expect.stringContaining(part)));
  expect(printed.every((text) => /one|two|sidecars/.test(text))).toBe(true);
});
