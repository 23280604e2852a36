import { expect, it } from "vitest";
import { testSystem } from "../generate/test-system.ts";
import { line } from "../story/test-lines.ts";
import type { Told } from "../story/told.ts";
import { createWaiting } from "./waiting.ts";

const [lent, back, fined] = ["loan-lent", "loan-back", "fine-due"].map((name) => `org.library.${name}.v1`) as [
  string,
  string,
  string,
];
const begin = { id: "l", type: lent, hearers: ["on", "late-fees"] };
/** `l` is heard by two; each says something, which one hears. */
const on = line("l", { at: 1, by: "on", type: lent, said: [back] });
const fees = line("l", { at: 2, by: "late-fees", type: lent, said: [fined] });
const returned = line("b", { at: 3, by: "late-fees", type: back, after: "l" });
const paid = line("f", { at: 4, by: "desk", type: fined, after: "l" });

const missingAfter = (lines: readonly Told[]) => {
  const waiting = createWaiting(testSystem(), begin);
  for (const told of lines) waiting.hear(told);
  return waiting.isOver() ? "nothing" : waiting.missing;
};

it.each<[string, readonly Told[], readonly string[] | "nothing"]>([
  ["everybody, before anything is told", [], [`${lent} at on`, `${lent} at late-fees`]],
  ["whoever hears what followed", [on, fees], [`${back} at late-fees`, `${fined} at desk`]],
  ["nobody, once all of it is told", [on, fees, returned, paid], "nothing"],
  ["nobody, in whatever order", [paid, returned, fees, on], "nothing"],
  ["nobody behind what died", [{ ...on, outcome: "dead", said: [] }, fees, paid], "nothing"],
  [
    "what comes again, and what is parked",
    [
      { ...on, outcome: "retry" },
      { ...fees, how: "parked" },
    ],
    begin.hearers.map((name) => `${lent} at ${name}`),
  ],
  [
    "nobody again for what comes twice",
    [on, on, fees, { ...fees, how: "duplicate" }, returned, returned, paid],
    "nothing",
  ],
  [
    "nobody for others who hear what followed",
    [on, fees, { ...returned, function: "desk" }, returned, paid],
    "nothing",
  ],
])("waits for %s", (_whom, lines, missing) => {
  expect(missingAfter(lines)).toEqual(missing);
});
