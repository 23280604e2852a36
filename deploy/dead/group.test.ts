import { describe, expect, it } from "vitest";
import { createGroups, kindOfReason } from "./group.ts";

describe("kindOfReason", () => {
  it.each([
    ["order 3f2c8a54-7d2e-4a55-9c53-7f1f64f2a1aa is unknown", "order … is unknown"],
    ["order ord-20261128-7 is unknown", "order … is unknown"],
    ["digest 8f4af674354a0607 is another", "digest … is another"],
    ['data.tracking: must be a text, got "abc def"', "data.tracking: must be a text, got …"],
    ["time: is 2026-09-28T10:00:00.000Z, 61 days ago", "time: is …, … days ago"],
    ["data.items.12.quantity: must be at least 1", "data.items.….quantity: must be at least …"],
    [
      "data.customer of com.example.order.created.v1: is required",
      "data.customer of com.example.order.created.v1: is required",
    ],
  ])("of %j keeps the rule and leaves out what differs from letter to letter", (reason, kind) => {
    expect(kindOfReason(reason)).toBe(kind);
  });
});

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
