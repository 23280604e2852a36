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
