import { expect, it } from "vitest";
import { dispatch } from "../dispatch/dispatch.ts";
import { functionOf, type Handle, heard, sayBoth } from "../dispatch/test-function.ts";
import { createWorld } from "../dispatch/test-world.ts";
import { subjectDocumentKey } from "../event/ids.ts";

const DAY = 24 * 60 * 60 * 1_000;

it.each<[what: string, then: Handle, left: readonly string[]]>([
  ["nothing, after an event that says nothing", () => ({}), []],
  ["what was said just now", sayBoth, ["one two"]],
])("keeps of what was said a day ago %s: most subjects end with something said", async (_what, then, left) => {
  const world = createWorld();
  await dispatch(functionOf(sayBoth, { keeps: "state" }), { event: heard }, world.ports);
  world.pass(DAY);
  const fn = functionOf(then, { keeps: "state" });
  await dispatch(fn, { event: { ...heard, id: "e-2" } }, world.ports);
  const { entry } = await world.ledger.load(subjectDocumentKey(fn, "s"));
  const outbox = Object.values((entry?.outbox ?? {}) as Record<string, { said: { topic: string }[] }>);
  expect(outbox.map(({ said }) => said.map(({ topic }) => topic).join(" "))).toEqual(left);
});
