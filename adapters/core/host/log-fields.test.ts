import { expect, it } from "vitest";
import type { Observation } from "../dispatch/ports.ts";
import { toLogFields } from "./log-fields.ts";

const lineOf = (observation: Partial<Observation>): string =>
  JSON.stringify(
    toLogFields({
      functionName: "billing",
      event: undefined,
      outcome: { kind: "ack", how: "ignored" },
      durationMs: 1,
      ...observation,
    }),
  );

it.each(["id", "type", "subject", "correlationid", "causationid"] as const)(
  "cuts and masks the %s, over which whoever sends decides",
  (name) => {
    const event = { id: "1", type: "t", [name]: `ada@example.com ${"x".repeat(3_000_000)}` };
    const line = lineOf({ event });
    expect([line.length < 1_000, line.includes("ada"), line.includes("<address> xxx")]).toEqual([true, false, true]);
  },
);

it("says what an event belongs to and follows from, by which its story is found", () => {
  const event = { id: "2", type: "t", correlationid: 17, causationid: "1" };
  expect(JSON.parse(lineOf({ event }))).toMatchObject({ event: "2", correlationid: "17", causationid: "1" });
});

it("cuts and masks the topic, which an envelope may name", () => {
  expect(lineOf({ topic: `ada@example.com ${"x".repeat(10_000)}` })).toContain(
    `"topic":"<address> ${"x".repeat(190)}"`,
  );
});

it("says the trace that there is, and nothing that stands in its place", () => {
  const id = "0af7651916cd43dd8448eb211c80319c";
  expect(lineOf({ traceparent: `00-${id}-b7ad6b7169203331-01` })).toContain(`"traceId":"${id}"`);
  for (const traceparent of ["00-ada@example.com-and-more-of-that-kind-01", "ada@example.com"])
    expect(lineOf({ traceparent })).not.toMatch(/traceId|ada|example/);
});

it("leaves nothing that begins another line, or that a terminal obeys", () => {
  const line = lineOf({ event: { id: "a\nb\u0000c\u001b[2Jd\u009b2Je\u2028f", type: "t" } });
  expect(line).toContain('"event":"a b\\u0000c\\u001b[2Jd 2Je f"');
});
