import { expect, it } from "vitest";
import { BillPaid } from "../events/index.ts";
import { after, type Delay } from "./after.ts";

const draft = BillPaid(BillPaid.sample);

it.each<{ delay: Delay; afterMs: number }>([
  { delay: { seconds: 30 }, afterMs: 30_000 },
  { delay: { minutes: 15 }, afterMs: 900_000 },
  { delay: { days: 1, hours: 2, minutes: 3, seconds: 4 }, afterMs: 93_784_000 },
  { delay: { days: 0, hours: 1.5 }, afterMs: 5_400_000 },
  { delay: { days: 30 }, afterMs: 2_592_000_000 },
  { delay: { minutes: 1.1 }, afterMs: 66_000 },
])("says the same event $afterMs ms later for $delay, in whole milliseconds", ({ delay, afterMs }) => {
  expect(after(delay, draft)).toEqual({ ...draft, afterMs });
});

it.each<{ fault: string; delay: object }>([
  { fault: "none at all, which is to be said at once", delay: {} },
  { fault: "one of nothing", delay: { minutes: 0 } },
  { fault: "one that rounds to nothing", delay: { seconds: 0.0001 } },
  { fault: "a negative one", delay: { minutes: -1 } },
  { fault: "a negative part, though the sum is not", delay: { days: 1, hours: -1 } },
  { fault: "what is no number", delay: { minutes: Number.NaN } },
  { fault: "one without end", delay: { days: Number.POSITIVE_INFINITY } },
  { fault: "one that the ledger does not outlive", delay: { days: 30, seconds: 1 } },
  { fault: "a unit that it does not know, instead of leaving it out", delay: { days: 1, weeks: 1 } },
])("refuses a delay: $fault", ({ delay }) => {
  expect(() => after(delay, draft)).toThrow(
    new TypeError("com.example.bill.paid.v1: must be said within 30 days, and later than its cause"),
  );
});

it("leaves the draft as it was, which may be said at once as well", () => {
  after({ minutes: 15 }, draft);
  expect(draft).toEqual(BillPaid(BillPaid.sample));
});
