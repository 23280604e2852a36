import { expect, it } from "vitest";
import { toSeal } from "../../core/dispatch/seal.ts";
import { toLetter } from "./letter.ts";

const NOW = Date.parse("2026-11-28T12:00:00Z");
const SECRET = "a secret of this deployment";
const event = { specversion: "1.0", id: "e-1", source: "/shop/order", type: "com.example.thing.v1", data: { a: 1 } };
const passport = {
  ...{ deadreason: "data: must be right", deadcode: "schema", deadfunction: "billing", deadtopic: "orders" },
  deadtime: "2026-11-28T11:00:00.000Z",
};
const letterOf = (value: unknown, secret = SECRET) =>
  toLetter({ bytes: Buffer.from(typeof value === "string" ? value : JSON.stringify(value)) }, { secret, now: NOW });
const ours = { ...event, ...passport };
const sealed = { ...ours, deadseal: toSeal(ours, SECRET) };

it("a letter of ours says where, why and when it died", () => {
  expect(letterOf(ours)).toEqual({
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    ...{ eventId: "e-1", type: "com.example.thing.v1", source: "/shop/order" },
    ...{ function: "billing", code: "schema", reason: "data: must be right", topic: "orders" },
    ...{ time: passport.deadtime, isSealed: false, bytes: JSON.stringify(ours).length, isWhole: true },
  });
});

it.each([
  ["with the deployment's seal", sealed, true],
  ["that a sidecar has written anew", Object.fromEntries(Object.entries(sealed).toReversed()), true],
  ["without one", ours, false],
  ["with somebody else's", { ...ours, deadseal: toSeal(ours, "another secret") }, false],
  ["whose topic is another one now", { ...sealed, deadtopic: "bills" }, false],
])("a letter %s is sealed or not: %#", (_, letter, isSealed) => {
  expect(letterOf(letter).isSealed).toBe(isSealed);
});

it.each([
  ["text", "hello", { code: "json", eventId: "(none)", type: "(no event)" }],
  ["nothing", "", { code: "json", bytes: 0 }],
  ["JSON that is no event", '{"a":1}', { code: "unknown" }],
  ["a list", "[1]", { code: "json" }],
  [
    "an event that has expired on its way",
    { ...event, topic: "orders", expiration: "2026-11-28T11:00:00Z" },
    { code: "expired", topic: "orders", eventId: "e-1", reason: expect.stringContaining("2026-11-28T11:00:00Z") },
  ],
  ["an event that a sidecar gave up", { ...event, topic: "orders" }, { code: "redelivered-out", topic: "orders" }],
  ["an event published there", { ...event, topic: "dead-letters" }, { code: "redelivered-out" }],
])("%s has a reason in words, and no seal", (_, value, told) => {
  const letter = letterOf(value);
  expect(letter).toMatchObject({ ...told, isSealed: false, isWhole: true, time: new Date(NOW).toISOString() });
  expect(letter.reason).toMatch(/ /);
  expect(letter).not.toHaveProperty("function");
  if (!("topic" in told)) expect(letter).not.toHaveProperty("topic");
});

it("what is cut is not whole, whoever has cut it", () => {
  expect(letterOf({ ...ours, deadlength: "400000" }).isWhole).toBe(false);
  const overflow = { length: 20_000_000, sha256: "ab".repeat(32) };
  expect(toLetter({ bytes: Buffer.from("hel"), overflow }, { now: NOW })).toMatchObject({
    ...{ digest: overflow.sha256, bytes: overflow.length, isWhole: false, code: "size" },
  });
});

it("says no more of it than fits on a screen, on one line", () => {
  const long = "x\n".repeat(5_000);
  const letter = letterOf({ ...ours, id: long, deadreason: long, deadfunction: long, deadcode: long, deadtopic: long });
  expect(JSON.stringify(letter).length).toBeLessThan(2_500);
  expect(JSON.stringify(letter)).not.toContain("\\n");
});
