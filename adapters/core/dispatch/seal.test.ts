import { expect, it } from "vitest";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { MAX_BYTES, PASSPORT_BYTES } from "../event/event-size.ts";
import { type Remains, toDeadLetter } from "./dead-letter.ts";
import { parseLetter } from "./replayed.ts";
import { isSealed, toSeal } from "./seal.ts";
import { heard } from "./test-function.ts";

const SECRET = "known to the deployment alone";

function letterOf(remains: Remains, letterSecret: string | undefined = SECRET): CloudEvent {
  const passport = { dead: new Dead("schema", "why"), functionName: "fn", topic: "in", time: "2026-11-25T10:00:00Z" };
  const { body } = toDeadLetter(remains, { ...passport, letterSecret });
  return parseLetter({ headers: { "content-type": "application/cloudevents+json" }, body: Buffer.from(body) });
}

const letter = letterOf({ event: heard });

it("bears the seal of whoever knows the secret, and of nobody else", () => {
  expect(letter.deadseal).toMatch(/^[0-9a-f]{64}$/);
  expect([isSealed(letter, SECRET), isSealed(letter, `${SECRET}.`)]).toEqual([true, false]);
});

it("bears none without a secret, whatever its event said of one", () => {
  const passport = { dead: new Dead("x", "why"), functionName: "fn", topic: "in", time: "2026-11-25T10:00:00Z" };
  const { body } = toDeadLetter({ event: { ...heard, deadseal: "forged" } }, passport);
  expect(JSON.parse(body)).not.toHaveProperty("deadseal");
  expect(isSealed(JSON.parse(body), SECRET)).toBe(false);
});

const numbers = { ...heard, data: { b: [1, { d: 1.5, c: "é" }], a: 2n ** 60n } };

it.each<[what: string, held: CloudEvent]>([
  ["other topics and traces", { ...letter, topic: "dead-letters", pubsubname: "p", traceparent: "00-1-1-01" }],
  ["its time and reason, which choose nothing", { ...letter, deadtime: "x", deadreason: "y" }],
  ["members in another order", { ...letterOf({ event: numbers }), data: { a: 2n ** 60n, b: [1, { c: "é", d: 1.5 }] } }],
  ["bytes", letterOf({ message: { headers: {}, body: Buffer.from([0, 255, 7]) } })],
  ["text in any charset", letterOf({ event: { ...heard, datacontenttype: "text/plain", data: "grün" } })],
  ["no data at all", letterOf({ event: { ...heard, data: undefined } })],
  ["a part of what was too large", letterOf({ event: { ...heard, data: "x".repeat(2 * MAX_BYTES) } })],
])("survives what sidecars and brokers do to a letter: %s", (_what, held) => {
  expect(isSealed(held, SECRET)).toBe(true);
});

it.each<[what: string, forged: Partial<CloudEvent>]>([
  ["source", { source: "/other" }],
  ["id", { id: "e-2" }],
  ["type", { type: "second.v1" }],
  ["subject", { subject: "t" }],
  ["deadtopic", { deadtopic: "bills" }],
  ["deadcode", { deadcode: "exhausted" }],
  ["deadfunction", { deadfunction: "order" }],
  ["data", { data: { about: "t" } }],
  ["deadseal, of another length", { deadseal: "00" }],
  ["deadseal, that is no text", { deadseal: 7 }],
])("is broken by another %s", (_what, forged) => {
  expect(isSealed({ ...letter, ...forged } as CloudEvent, SECRET)).toBe(false);
});

it("is made anew for a letter that dies again", () => {
  const again = letterOf({ event: { ...letter, deadtopic: "elsewhere" } }, "another secret");
  expect([again.deadseal === letter.deadseal, isSealed(again, "another secret")]).toEqual([false, true]);
});

it("has its room in the passport, beside the longest of all that stands there", () => {
  const long = "語".repeat(10_000);
  const body = Buffer.alloc(16);
  const passport = { functionName: "f".repeat(63), topic: long, time: "2026-11-25T10:00:00.000Z" };
  const headers = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`ce-${index}`, long]));
  const carried = () => ({ key: long, partition: long, offset: long, messageId: long });
  const said = toDeadLetter(
    { message: { headers: { ...headers, "content-type": long }, body, carried } },
    { ...passport, dead: new Dead(long, long), letterSecret: SECRET },
  );
  expect(Buffer.byteLength(said.body)).toBeLessThan(PASSPORT_BYTES);
  expect(toSeal(JSON.parse(said.body), SECRET)).toHaveLength(64);
});
