import { expect, it } from "vitest";
import { toLogFields } from "./log-fields.ts";

it.each(["id", "type", "subject"] as const)("cuts and masks the %s, over which whoever sends decides", (name) => {
  const event = { id: "1", type: "t", [name]: `ada@example.com ${"x".repeat(3_000_000)}` };
  const line = JSON.stringify(
    toLogFields({ functionName: "billing", event, outcome: { kind: "ack", how: "ignored" }, durationMs: 1 }),
  );
  expect([line.length < 1_000, line.includes("ada"), line.includes("<address> xxx")]).toEqual([true, false, true]);
});
