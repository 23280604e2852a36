import { expect, describe as group, it } from "vitest";
import { describe, type Outcome, toLine, worst } from "./outcome.ts";
import { functionOf, heard, sayBoth } from "./test-function.ts";
import { createWorld } from "./test-world.ts";

const hostile = {
  toString() {
    throw new Error("no");
  },
};
const revoked = Proxy.revocable({}, {});
revoked.revoke();
const unreadable = Object.defineProperty(new Error(), "message", {
  get() {
    throw new Error("no");
  },
});

const THROWN: readonly (readonly [string, unknown, string])[] = [
  ["an error", new Error("no answer"), "Error: no answer"],
  ["an error of a kind", new RangeError("too much"), "RangeError: too much"],
  ["an error with a network code", Object.assign(new Error("x"), { code: "ECONNRESET" }), "Error: x"],
  ["an error with a status", Object.assign(new Error("x"), { status: 404, statusCode: 400 }), "Error: x"],
  ["a string", "no answer", "no answer"],
  ["nothing", undefined, "undefined"],
  ["null", null, "null"],
  ["a symbol", Symbol("s"), "Symbol(s)"],
  ["an object", {}, "[object Object]"],
  ["an outcome", { kind: "ack", how: "handled" }, "[object Object]"],
  ["an object without prototype", Object.create(null), "an error that cannot be printed"],
  ["an object that cannot be printed", hostile, "an error that cannot be printed"],
  ["an error that cannot be read", unreadable, "an error that cannot be printed"],
  ["lines", new Error("one\r\n\ttwo"), "Error: one two"],
];

group("whatever a handler throws comes again, with one line that says why", () => {
  it.each(THROWN)("%s", async (_what, thrown, reason) => {
    const outcome = await createWorld().deliver(() => functionOf(() => Promise.reject(thrown)), heard);
    expect(outcome).toEqual({ kind: "retry", code: "handler", reason });
  });

  it("a proxy that can only throw", async () => {
    const outcome = await createWorld().deliver(() => functionOf(() => Promise.reject(revoked.proxy)), heard);
    expect(outcome).toMatchObject({ kind: "retry", code: "handler" });
  });

  it.each(THROWN)("of the ports as well, under the name of the step: %s", async (_what, thrown, reason) => {
    const publish = () => Promise.reject(thrown);
    const outcome = await createWorld().deliver(() => functionOf(sayBoth), heard, { ports: { publish } });
    expect(outcome).toEqual({ kind: "retry", code: "publish", reason });
  });

  it("a port that throws before it returns a promise", async () => {
    const publish = () => {
      throw new Error("at once");
    };
    const outcome = await createWorld().deliver(() => functionOf(sayBoth), heard, { ports: { publish } });
    expect(outcome).toEqual({ kind: "retry", code: "publish", reason: "Error: at once" });
  });
});

group("a reason holds no address", () => {
  it.each([
    ["mailbox ada@example.com is full", "mailbox <address> is full"],
    ["550 <ada@example.com>: unknown", "550 <<address>>: unknown"],
    ['{"to":"ada.b+c@mail.example.com"}', '{"to":"<address>"}'],
    ["GET https://mail.test/send?to=ada%40example.com&x=1", "GET https://mail.test/send?to=<address>&x=1"],
    ["two: a@b.c d@e.f", "two: <address> <address>"],
    ["zoë@exämple.com", "<address>"],
    ["ada@relay@example.com", "<address>"],
    ["https://ada%40example.com:secret@mail.test/", "<address>"],
  ])("%s", (message, expected) => {
    expect(describe(message)).toBe(expected);
  });
});

it("a reason is one line for a terminal as well: nothing in it clears, colours, hides or turns", () => {
  const text = "one\u2028two\u0085three\u009b2Jfour\u202efive\u200bsix\u007fseven";
  expect(describe(text)).toBe("one two three 2Jfour five six seven");
});

group("a reason is short, and costs little however long the error is", () => {
  it.each([
    ["without a space", "x".repeat(1_000_000)],
    ["of lines", "\n".repeat(1_000_000)],
    ["of signs that addresses have", "a@".repeat(500_000)],
    ["of beginnings of signs", "a%4".repeat(300_000)],
  ])("a megabyte %s", (_what, message) => {
    const started = performance.now();
    const reason = describe(new Error(message));
    expect(reason.length).toBeLessThanOrEqual(300);
    // Quadratic, it would be hours.
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

it("addresses are looked for in time that grows as the text does, not as its square", () => {
  const costOf = (length: number) => {
    const text = "x".repeat(length);
    const started = performance.now();
    for (let n = 0; n < 200; n++) toLine(text);
    return performance.now() - started;
  };
  costOf(1_900);
  const ratios = Array.from({ length: 5 }, () => costOf(1_900) / costOf(475));
  expect(Math.min(...ratios)).toBeLessThan(8);
});

group("of several outcomes that share one answer, the worst", () => {
  const ack: Outcome = { kind: "ack", how: "handled" };
  const retry: Outcome = { kind: "retry", code: "ledger", reason: "down" };
  const dead: Outcome = { kind: "dead", code: "schema", reason: "broken" };
  it.each<[string, readonly Outcome[], Outcome]>([
    ["comes again if one has to", [ack, dead, retry], retry],
    ["is dead if one is and none comes again", [ack, dead], dead],
    ["is the first of what is done", [ack, { kind: "ack", how: "ignored" }], ack],
    ["is ignored where there was none", [], { kind: "ack", how: "ignored" }],
  ])("%s", (_what, outcomes, expected) => {
    expect(worst(outcomes)).toEqual(expected);
  });
});
