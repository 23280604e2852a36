import { describe, expect, it } from "vitest";
import { system } from "../../functions/index.ts";
import type { EventType } from "../../functions/kernel/define.ts";
import { RideRequested, TicketRequested } from "../second/functions/events.ts";
import { samples as brought } from "../second/samples.ts";
import { SECOND } from "../second/sources.ts";
import { proveFunction } from "./prove.ts";
import { deskOf, good } from "./test-desk.ts";
import { MUTANTS } from "./test-mutants.ts";
// Gives the catalogue's events their samples.
import "../../functions/events/index.ts";

const samples = new Map<EventType, object>([
  ...brought,
  [RideRequested, { rideId: "r-1", rider: "ada", km: 3 }],
  [TicketRequested, { ticketId: "t-1", text: "Where is my bag?" }],
]);

it("finds nothing in a good handler, and has looked", async () => {
  const { findings, histories } = await proveFunction(deskOf(() => good));
  expect(findings).toEqual([]);
  expect(histories).toBeGreaterThan(300);
});

describe("finds a handler that", () => {
  it.each(MUTANTS)("$slip: $finds", async ({ create, finds, within, runs = 20 }) => {
    const { findings } = await proveFunction(deskOf(create), { runs });
    expect(findings.map(({ name }) => name)).toContain(finds);
    const { history = [] } = findings.find(({ name }) => name === finds) ?? {};
    expect(history.length, history.join("\n")).toBeLessThanOrEqual(within);
    expect(history.length).toBeGreaterThan(0);
  });
});

const OURS = system.functions.map((fn) => ({ name: fn.name, fn, edges: system.edges, samples: undefined }));
const OTHERS = SECOND.system.functions.map((fn) => ({ name: fn.name, fn, edges: SECOND.system.edges, samples }));
it.each([...OURS, ...OTHERS])("finds no fault in $name", async ({ fn, edges, samples }) => {
  const { findings, histories } = await proveFunction(fn, { edges, samples, runs: 50 });
  expect(histories).toBeGreaterThan(50);
  expect(findings.filter(({ level }) => level === "fault")).toEqual([]);
});
