import { expect, it } from "vitest";
import { toLogFields } from "../../adapters/core/host/log-fields.ts";
import { isFinal, parseLine, toTold } from "./told.ts";

const TIME = 1_796_000_000_000;
const fields = toLogFields({
  functionName: "one",
  topic: "things",
  event: { id: "e-1", type: "t.v1", subject: "s", correlationid: "c", causationid: "e-0" },
  outcome: { kind: "ack", how: "handled", said: ["u.v1"] },
  durationMs: 1.23,
});
const json = JSON.stringify({ level: 30, time: TIME, service: "one", ...fields, msg: "event" });
const told = {
  ...{ time: TIME, function: "one", event: "e-1", type: "t.v1", subject: "s", correlationid: "c", causationid: "e-0" },
  ...{ topic: "things", how: "handled", outcome: "ack", said: ["u.v1"], durationMs: 1.2 },
};

it.each([
  ["as a service writes it", json],
  ["as kubectl prints it with its pod", `[pod/one-6d4f-x2/app] ${json}`],
  ["as daprd prints it", `== APP == ${json}`],
  ["as dapr run -f prints it", `== APP - one == ${json}`],
  ["as Lambda writes it, its time in words", json.replace(String(TIME), `"${new Date(TIME).toISOString()}"`)],
])("reads a line %s", (_how, line) => {
  expect(parseLine(line)).toEqual(told);
});

it("reads an entry of Cloud Logging, which tells the time itself", () => {
  const entry = { timestamp: new Date(TIME).toISOString(), jsonPayload: { message: "one: ack t.v1", ...fields } };
  expect(toTold(entry)).toEqual(told);
});

it.each([
  ["that is no JSON", 'panic: "outcome" {'],
  ["of something else", '{"level":30,"msg":"ready"}'],
  ["with an outcome that nobody knows", '{"function":"one","outcome":"lost"}'],
  ["that names no function", '{"outcome":"ack"}'],
  ["that is cut off", json.slice(0, -20)],
])("passes over a line %s", (_what, line) => {
  expect(parseLine(line)).toBeUndefined();
});

it.each<[string, Parameters<typeof isFinal>[0], boolean]>([
  ["handled", { ...told, outcome: "ack" } as never, true],
  ["parked", { ...told, outcome: "ack", how: "parked" } as never, false],
  ["dead", { ...told, outcome: "dead" } as never, true],
  ["to come again", { ...told, outcome: "retry" } as never, false],
])("knows whether more is heard of what is %s", (_what, line, expected) => {
  expect(isFinal(line)).toBe(expected);
});
