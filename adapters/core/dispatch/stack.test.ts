import { readFileSync } from "node:fs";
import * as v from "valibot";
import { expect, it } from "vitest";
import { defineEvent, defineFunction, type FunctionDefinition, when } from "../../../functions/kernel/define.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { createPatience } from "./patience.ts";
import type { Observation } from "./ports.ts";
import { Fault, toStack } from "./stack.ts";
import { functionOf, Heard, heard } from "./test-function.ts";
import { createWorld } from "./test-world.ts";

const THIS = "adapters/core/dispatch/stack.test.ts";
const lineOf = (text: string): number =>
  readFileSync(import.meta.filename, "utf8")
    .split("\n")
    .findIndex((line) => line.includes(text)) + 1;

const fail = (message: string, options?: ErrorOptions): never => {
  throw new TypeError(message, options); // here it is thrown
};
const thrownBy = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};
const HERE = `    at fail (${THIS}:${lineOf("// here it is thrown")}:9)`;

it("says what, then where in the project's sources, with nothing of Node's and of packages", () => {
  const [first, second, ...more] = toStack(thrownBy(() => fail("no"))).split("\n");
  expect([first, second]).toEqual(["TypeError: no", HERE]);
  expect(more.filter((line) => !line.startsWith(`    at `) || /node:|node_modules/.test(line))).toEqual([]);
});

it("tells each cause once, however they go round", () => {
  const cause: Error & { cause?: unknown } = new RangeError("too far");
  const error = thrownBy(() => fail("no", { cause })) as Error;
  cause.cause = error;
  const said = toStack(error)
    .split("\n")
    .filter((line) => !line.startsWith(" "));
  expect(said).toEqual(["TypeError: no", "caused by: RangeError: too far"]);
});

it("tells the errors of several, and no more than can be read", () => {
  const errors = Array.from({ length: 100 }, (_, n) => new Error(`the ${n}th`));
  const stack = toStack(new AggregateError(errors, "all failed"));
  expect(stack.match(/^\S.*/gm)?.slice(0, 3)).toEqual([
    "AggregateError: all failed",
    "one of: Error: the 0th",
    "one of: Error: the 1th",
  ]);
  expect(stack.length).toBeLessThanOrEqual(4_000);
});

it.each([
  ["a text", "no room", "no room (no Error was thrown, and so no stack)"],
  ["nothing", undefined, "undefined (no Error was thrown, and so no stack)"],
  [
    "what cannot be printed",
    Object.create(null),
    "an error that cannot be printed (no Error was thrown, and so no stack)",
  ],
  ["an error without a stack", Object.assign(new Error("no"), { stack: undefined }), "Error: no"],
  [
    "an error whose stack cannot be read",
    Object.defineProperty(new Error("no"), "stack", { get: () => fail("no stack") }),
    "Error: no",
  ],
])("tells %s that was thrown all the same", (_what, thrown, said) => {
  expect(toStack(thrown)).toBe(said);
});

it("takes no line of a message for a place", () => {
  const stack = toStack(thrownBy(() => fail("no\n    at secret (file:///s3cret.ts:1:1)")));
  expect(stack.split("\n").slice(0, 2)).toEqual(["TypeError: no at secret (file:///s3cret.ts:1:1)", HERE]);
});

it("masks addresses and the values of the event in every message of it", () => {
  const cause = new Error("Ada Lovelace is no room");
  const stack = toStack(
    thrownBy(() => fail("no room for ada@shop.example", { cause })),
    { owner: "Ada Lovelace" },
  );
  expect(stack.match(/^\S.*/gm)).toEqual(["TypeError: no room for <address>", "caused by: Error: <value> is no room"]);
});

it("a fault tells what was thrown as it was told first", () => {
  const fault = new Fault(
    thrownBy(() => fail("no room for Ada")),
    { owner: "Ada" },
  );
  expect(String(fault)).toBe("TypeError: no room for <value>");
  expect(toStack(fault)).toBe(fault.stack);
  expect(fault.stack?.split("\n")[1]).toBe(HERE);
});

const schema = v.object({ about: v.string() });
const subject = ({ about }: { readonly about: string }) => about;
const Newer = defineEvent({
  type: "heard.v2",
  data: schema,
  subject,
  upcast: { from: Heard, to: () => fail("no room") },
});

it.each([
  ["a handler", functionOf(() => fail("no room"))],
  ["what a handler waits for, as for an effect", functionOf(async () => Promise.try(() => fail("no room")))],
  ["an upcast", defineFunction({ name: "fn", on: [when(Newer, () => ({}))] })],
  [
    "what makes a key",
    defineFunction({
      ...{ name: "fn", state: v.object({}) },
      on: [when(Heard, { key: () => fail("no room") }, () => ({}))],
    }),
  ],
])("%s at fault is told with the place where it throws", async (_what, fn) => {
  const [{ stack } = {}] = await observed(fn);
  expect(stack).toContain(HERE);
  expect(stack).toContain("TypeError: no room");
});

async function observed(fn: FunctionDefinition, ms?: number): Promise<readonly Observation["outcome"][]> {
  const outcomes: Observation["outcome"][] = [];
  const { deliver } = createWorld();
  const ports = {
    observe: ({ outcome }: Observation) => void outcomes.push(outcome),
    ...(ms === undefined ? {} : { patience: createPatience({ ms }) }),
  };
  for (let n = 0; n < 3; n++) await deliver(() => fn, heard, { ports });
  return outcomes;
}

it("each delivery that a handler fails is told once with its stack, the one that ends it as well", async () => {
  const outcomes = await observed(
    functionOf(() => fail("no room")),
    0,
  );
  expect(outcomes.map(({ kind }) => kind)).toEqual(["retry", "retry", "dead"]);
  for (const { stack } of outcomes) expect(stack?.split("\n").slice(0, 2)).toEqual(["TypeError: no room", HERE]);
});

it("what a handler says never to try again is no fault: it has no stack", async () => {
  const outcomes = await observed(
    functionOf(() => {
      throw new Dead("no-room", "there is none");
    }),
  );
  expect(outcomes.map(({ kind, stack }) => [kind, stack])).toEqual(Array(3).fill(["dead", undefined]));
});
