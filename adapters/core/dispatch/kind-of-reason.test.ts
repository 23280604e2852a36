import { describe, expect, it } from "vitest";
import { kindOfReason } from "./kind-of-reason.ts";

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
