import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { createFunctions, createMemoryLedger, dispatch, flow } from "loosely/testing";
import { VisitRequested, VisitSigned } from "../events.ts";
import { system } from "../index.ts";
import { visits } from "./edge.ts";

const data = { visitId: "v-1", name: "Ada" };
const event = { specversion: "1.0", id: "e-1", source: "/test", type: VisitSigned.type, subject: "v-1", data } as const;

function start() {
  const greeted: string[] = [];
  const effects = { greet: async ({ name }: { readonly name: string }) => void greeted.push(name) };
  const [guestbook] = createFunctions(system, effects);
  if (!guestbook) throw new Error("the system has no function");
  const ports = {
    ledger: createMemoryLedger(),
    publish: async () => {},
    now: Date.now,
    deadlineMs: 1_000,
    leaseMs: 9_000,
  };
  return { greeted, deliver: () => dispatch(guestbook, { event }, ports) };
}

test("a visitor is greeted once, however often the event comes", async () => {
  const { greeted, deliver } = start();
  deepEqual(await deliver(), { kind: "ack", how: "handled", said: [] });
  deepEqual(await deliver(), { kind: "ack", how: "duplicate" });
  deepEqual(greeted, ["Ada"]);
});

test("a visitor who asks is signed, and greeted", async () => {
  const { given, state } = flow(system, { effects: { greet: async () => {} } });
  await given(VisitRequested(data)).then(VisitSigned);
  deepEqual(await state("guestbook", "v-1"), { name: "Ada", isGreeted: true });
});

test("the edge asks for a visit under its id", () => {
  deepEqual(visits.event("v-1", { name: "Ada" }), VisitRequested(data));
  deepEqual(visits.show({ name: "Ada", isGreeted: true }, "v-1"), { name: "Ada", isGreeted: true });
});
