import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { traceIdOf, traceOf } from "./trace.ts";

const ID = "0af7651916cd43dd8448eb211c80319c";
const VALID = `00-${ID}-b7ad6b7169203331-01`;
const NEXT = `00-${ID}-1111111111111111-01`;
const OTHER = `00-${ID.replaceAll("a", "b")}-b7ad6b7169203331-01`;
const NONE = { traceparent: undefined, tracestate: undefined };

it("takes the first candidate that is a trace context", () => {
  const candidates = [undefined, 5, "x", VALID, OTHER].map((traceparent) => ({ traceparent }));
  expect(traceOf(...candidates)).toEqual({ traceparent: VALID, tracestate: undefined });
  expect(traceIdOf(VALID)).toBe(ID);
});

it.each([
  ["not set", undefined],
  ["no string", [VALID]],
  ["empty", ""],
  ["of zeros only, as sidecars without tracing send it", "00-00000000000000000000000000000000-0000000000000000-00"],
  ["without a trace", `00-${"0".repeat(32)}-b7ad6b7169203331-01`],
  ["without a parent", `00-${ID}-${"0".repeat(16)}-01`],
  ["of the version that never is", VALID.replace(/^00/, "ff")],
  ["in upper case", VALID.toUpperCase()],
  ["followed by what no header can carry", `${VALID}-\u20ac`],
  ["followed by a line break", `${VALID}\n`],
  ["behind a space", ` ${VALID}`],
])("takes none that is %s", (_what, traceparent) => {
  expect(traceOf({ traceparent, tracestate: "a=1" })).toEqual(NONE);
});

it.each([
  ["its own", [{ traceparent: VALID, tracestate: "a=1" }], [VALID, "a=1"]],
  [
    "its own, not that of another step",
    [
      { traceparent: VALID, tracestate: "a=1" },
      { traceparent: NEXT, tracestate: "b=2" },
    ],
    [VALID, "a=1"],
  ],
  [
    "that of the event, where the delivery is a later step of its trace",
    [{ traceparent: NEXT }, { traceparent: VALID, tracestate: "a=1" }],
    [NEXT, "a=1"],
  ],
  [
    "that of the event, where the delivery has an empty one",
    [
      { traceparent: NEXT, tracestate: "" },
      { traceparent: VALID, tracestate: "a=1" },
    ],
    [NEXT, "a=1"],
  ],
  ["none of another trace", [{ traceparent: VALID }, { traceparent: OTHER, tracestate: "a=1" }], [VALID]],
  ["none of no trace", [{ tracestate: "a=1" }, { traceparent: VALID }], [VALID]],
  ["none beside a malformed one", [{ traceparent: "00-xyz", tracestate: "a=1" }, { traceparent: VALID }], [VALID]],
  [
    "none where its own is malformed",
    [
      { traceparent: VALID, tracestate: "?" },
      { traceparent: NEXT, tracestate: "a=1" },
    ],
    [VALID],
  ],
] as const)("takes with a trace context %s", (_what, candidates, [traceparent, tracestate]) => {
  expect(traceOf(...candidates)).toEqual({ traceparent, tracestate });
});

const stateOf = (tracestate: unknown) => traceOf({ traceparent: VALID, tracestate }).tracestate;
const members = (count: number, length: number, first = 0) =>
  Array.from({ length: count }, (_, n) => `k${first + n}=`.padEnd(length, "v"));

describe("a tracestate goes on", () => {
  it.each([
    ["as it is", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"],
    ["with a tenant", "fw529a3039@dt=FfffffV2"],
    ["with a tenant that begins with a digit", "0t@v=1"],
    ["with every character that it may hold", "a0_-*/=!\"#$%&'()*+-./:;<>?@[\\]^_`{|}~"],
    ["with blanks inside a value", "a=1 2"],
    ["with the longest key", `${"k".repeat(256)}=1`],
    ["with the longest value", `a=${"v".repeat(256)}`],
    ["with 32 members", members(32, 10).join()],
    ["of 512 characters", members(4, 127).join().concat("v")],
  ])("%s", (_what, state) => {
    expect(stateOf(state)).toBe(state);
  });

  it.each([
    ["blanks and tabs around members", "a=1 \t , \tb=2\t", "a=1,b=2"],
    ["empty members", ",a=1,, ,b=2,", "a=1,b=2"],
  ])("without %s", (_what, state, expected) => {
    expect(stateOf(state)).toBe(expected);
  });

  it.each([
    ["the last ones go", members(20, 40), members(12, 40)],
    ["first one that is longer than others may be", [...members(1, 200), ...members(12, 40, 1)], members(12, 40, 1)],
    ["of long ones the last", members(4, 200), members(2, 200)],
  ])("cut to 512 characters: %s", (_what, all, kept) => {
    expect(stateOf(all.join())).toBe(kept.join());
  });
});

it.each([
  ["no string", 17],
  ["a list of headers", ["a=1"]],
  ["empty", ""],
  ["only commas", " , ,"],
  ["no list", "x"],
  ["a member without a value", "a=,b=2"],
  ["a member without a key", "=1"],
  ["two signs of equality", "a=1=2"],
  ["an upper case key", "A=1"],
  ["a key with a blank", "a =1"],
  ["two tenants", "a@b@c=1"],
  ["a tenant without a system", "a@=1"],
  ["a system that begins with a digit", "a@1=1"],
  ["a key that is too long", `${"k".repeat(257)}=1`],
  ["a value that is too long", `a=${"v".repeat(257)}`],
  ["a line break", "a=1\r\nx: y"],
  ["a line break at its end", "a=1\n"],
  ["a tab in a value", "a=1\t2"],
  ["what no header can carry", "a=\u20ac"],
  ["33 members", members(33, 6).join()],
])("drops a tracestate that is or has %s, and keeps the trace", (_what, tracestate) => {
  expect(traceOf({ traceparent: VALID, tracestate })).toEqual({ traceparent: VALID, tracestate: undefined });
});

it("what goes on is read the same once more, whatever came", () => {
  const member = fc.tuple(fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/), fc.stringMatching(/^[!-+\x2d-<>-~]{1,200}$/));
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(member, { maxLength: 34 }).map((all) => all.map((each) => each.join("=")).join(" , ")),
      ),
      (came) => {
        const state = stateOf(came);
        if (state === undefined) return;
        expect(state.length).toBeLessThanOrEqual(512);
        expect(stateOf(state)).toBe(state);
      },
    ),
  );
});
