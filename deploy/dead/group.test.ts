import { describe, expect, it } from "vitest";
import { createGroups } from "./group.ts";

describe("createGroups", () => {
  const letter = { code: "unknown-order", function: "order", topic: "bills", digest: "a1", count: 1 };

  it("brings together what differs in its ids only, with the first and the last time, the largest first", () => {
    const groups = createGroups();
    groups.add({ ...letter, code: "schema", reason: "data: is required" });
    groups.add({
      ...letter,
      reason: "order o-000001 is unknown",
      first: "2026-11-28T10:00:00Z",
      last: "2026-11-28T10:00:00Z",
    });
    groups.add({
      ...letter,
      reason: "order o-000002 is unknown",
      first: "2026-11-28T09:00:00Z",
      last: "2026-11-28T09:00:00Z",
      digest: "b2",
    });
    const { count: _, ...rest } = letter;
    expect(groups.all()).toEqual([
      { ...rest, count: 2, reason: "order … is unknown", first: "2026-11-28T09:00:00Z", last: "2026-11-28T10:00:00Z" },
      { ...rest, code: "schema", count: 1, reason: "data: is required" },
    ]);
  });

  it.each([
    ["function", { function: "billing" }],
    ["code", { code: "schema" }],
    ["topic", { topic: "orders" }],
  ])("keeps apart what differs in its %s", (_what, other) => {
    const groups = createGroups();
    groups.add({ ...letter, reason: "same" });
    groups.add({ ...letter, ...other, reason: "same" });
    expect(groups.all().map(({ count }) => count)).toEqual([1, 1]);
  });
});
