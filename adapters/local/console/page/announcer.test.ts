import { expect, test } from "vitest";
import type { Check, ServiceState, Status } from "../api-types.ts";
import { toNews } from "./announcer.tsx";

const status = (state: ServiceState, dead: number): Status => ({
  services: [{ name: "billing", state }],
  depths: [],
  letters: dead,
  pending: {},
  broken: [],
  sums: { events: 9, owed: 9, handled: 9 - dead, passed: 0, dead, open: 0, effects: [] },
  checks: [],
});

test.each([
  ["nothing while all is well", status("up", 0), status("up", 0), ""],
  ["nothing of what was there when the page was opened", undefined, status("down", 3), ""],
  ["who has gone", status("up", 0), status("down", 0), "billing is down."],
  ["what is dead since", status("up", 1), status("up", 3), "2 more dead."],
  ["all of it in one", status("down", 0), status("up", 1), "billing is up. 1 more dead."],
])("a screen reader is told %s", (_, before, now, text) => {
  expect(toNews({ status: before, connection: "live" }, { status: now, connection: "live" })).toBe(text);
});

const checked = (state: Check["state"]): Status => ({
  ...status("up", 0),
  checks: [
    {
      id: 1,
      at: 0,
      fault: "kill billing",
      must: "it comes back",
      state,
      ...(state === "held" && { seen: "3 waited" }),
    },
  ],
});

test.each([
  ["not that a check watches: whoever has begun it knows", status("up", 0), checked("watching"), ""],
  ["that it has held, and what was seen", checked("watching"), checked("held"), "kill billing: held, 3 waited."],
  ["that it is broken, though it was not seen to watch", status("up", 0), checked("broken"), "kill billing: broken."],
  ["nothing of a check once more", checked("held"), checked("held"), ""],
])("a screen reader is told %s", (_, before, now, text) => {
  expect(toNews({ status: before }, { status: now })).toBe(text);
});

test.each([
  ["live", "lost", "The connection is lost."],
  ["lost", "live", "The connection is back."],
  ["connecting", "live", ""],
] as const)("from %s to %s a screen reader hears: %s", (before, now, text) => {
  expect(toNews({ connection: before }, { connection: now })).toBe(text);
});
