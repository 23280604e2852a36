import { expect, it } from "vitest";
import { traceIdOf, traceparentOf } from "./trace.ts";

const ID = "0af7651916cd43dd8448eb211c80319c";
const VALID = `00-${ID}-b7ad6b7169203331-01`;

it("takes the first candidate that is a trace context", () => {
  expect(traceparentOf(undefined, 5, "x", VALID, VALID.replace("01", "00"))).toBe(VALID);
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
])("takes none that is %s", (_what, value) => {
  expect(traceparentOf(value)).toBeUndefined();
});
