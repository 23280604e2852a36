import * as v from "valibot";
import { expect, it } from "vitest";
import { defineEvent, defineFunction, when } from "../../functions/kernel/define.ts";
import { defineSystem } from "../../functions/kernel/system.ts";
import { createQuiet } from "./quiet.ts";

const data = v.object({ id: v.string() });
const define = (name: string, topic?: string) =>
  defineEvent({ type: `org.example.${name}.v1`, ...(topic ? { topic } : {}), data, subject: ({ id }) => id });
const [Asked, Opened, Timer] = [define("asked"), define("opened", "things"), define("timer")];
const first = defineFunction({
  name: "first",
  on: [Asked, Timer].map((event) => when(event, () => ({}))),
  emits: [Opened, Timer],
});
const hear = (name: string) => defineFunction({ name, on: [when(Opened, () => ({}))] });
const system = defineSystem({ name: "s", functions: [first, hear("one"), hear("two")] });

const line = (service: string, { type }: { readonly type: string }, said: readonly string[] = []) => ({
  ...{ msg: "event", service, type, outcome: "ack", how: "handled", said },
});
const asked = line("first", Asked, [Opened.type, Timer.type]);

it.each([
  ["in their order", [asked, line("one", Opened), line("two", Opened)]],
  ["one before what it follows from", [line("one", Opened), asked, line("two", Opened)]],
  [
    "among lines that say nothing of it",
    [{ msg: "ready" }, asked, { ...line("one", Opened), how: "duplicate" }, line("one", Opened), line("two", Opened)],
  ],
])("is quiet when everybody has handled what was said, a timer aside: lines %s", async (_how, lines) => {
  const quiet = createQuiet(system);
  for (const each of lines) quiet.hear(each);
  expect(await quiet.within(0)).toBe(true);
});

it("says what is waited for", async () => {
  const quiet = createQuiet(system);
  for (const each of [asked, line("two", Opened)]) quiet.hear(each);
  expect([await quiet.within(0), quiet.waiting()]).toEqual([false, ["org.example.opened.v1 at one"]]);
});
