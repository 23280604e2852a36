import { expect, it } from "vitest";
import { builds } from "./flow-dapr.ts";
import { readFlow, toFlowTables } from "./flow-table.ts";

const { baseline, ours, bare, alone } = builds;

it("what was kept of a run has all rows and bars, so that the page leaves out nothing that did not do well", () => {
  const rows = readFlow().map(({ rows }) => rows.map(([name]) => name));
  expect(rows).toEqual([
    [
      ...[baseline.name, ours.name, `${ours.name}, each write synced`, "Restate 1.7.12", "this one, `npm start`"],
      ...[bare.name, alone.name],
    ],
    [baseline.name, ours.name],
    [baseline.name, ours.name],
    [expect.any(String)],
    ["20000", "100000"],
  ]);
  expect(readFlow().map(({ bars }) => bars.length)).toEqual([4, 2, 1, 1, 2]);
});

it("a figure stands beside what CI holds it to", () => {
  for (const { what, value } of readFlow().flatMap(({ bars }) => bars))
    expect(toFlowTables()).toContain(`\n| ${what} | ${value.toFixed(2)} | `);
});
