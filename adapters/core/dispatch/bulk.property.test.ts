import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createBulkModel, until } from "./test-bulk-model.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] }));
afterEach(() => vi.useRealTimers());

const behaviour = fc.record({
  ms: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 900 }), fc.constantFrom(2_000, 6_000, 20_000)),
  fails: fc.boolean(),
});
const behaviours = fc.array(fc.array(behaviour, { maxLength: 3 }), { minLength: 16, maxLength: 16 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ how: fc.constant("deliver" as const), most: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 1, arbitrary: fc.record({ how: fc.constant("again" as const), most: fc.nat(15) }) },
  { weight: 2, arbitrary: fc.record({ how: fc.constant("publish" as const), most: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 2, arbitrary: fc.record({ how: fc.constant("relay" as const), most: fc.constant(0) }) },
  {
    weight: 2,
    arbitrary: fc.record({ how: fc.constant("pass" as const), most: fc.integer({ min: 10, max: 25_000 }) }),
  },
);
const death = fc.record({ how: fc.constant("restart" as const), most: fc.constant(0) });
const faults = fc.record({
  every: fc.integer({ min: 2, max: 9 }),
  how: fc.constantFrom("refused" as const, "unanswered" as const, "slow" as const),
});

interface Given {
  readonly keeps: "state" | "nothing";
  readonly dies: boolean;
  readonly isFaulty: boolean;
}

describe("bulks of events whose handlers fail, take long and hang", () => {
  it.each<Given>([
    { keeps: "state", dies: false, isFaulty: false },
    { keeps: "nothing", dies: false, isFaulty: false },
    { keeps: "state", dies: true, isFaulty: false },
    { keeps: "state", dies: false, isFaulty: true },
    { keeps: "state", dies: true, isFaulty: true },
    { keeps: "nothing", dies: true, isFaulty: true },
  ])("lose none, keep none twice: keeps $keeps, dies $dies, faulty store $isFaulty", async (given) => {
    const { keeps, dies, isFaulty } = given;
    const steps = fc.array(dies ? fc.oneof({ weight: 8, arbitrary: step }, { weight: 1, arbitrary: death }) : step, {
      minLength: 6,
      maxLength: 16,
    });
    await fc.assert(
      fc.asyncProperty(behaviours, steps, isFaulty ? faults : fc.constant(undefined), async (some, all, trouble) => {
        const model = createBulkModel({ keeps, documents: 3, behaviours: some, faults: trouble });
        model.publish(8);
        for (const { how, most } of all) {
          if (how === "publish") model.publish(most);
          if (how === "deliver") await until(model.deliver(most));
          if (how === "again") await until(model.deliver(2, most));
          if (how === "relay") void model.relay();
          if (how === "restart") model.restart();
          if (how === "pass") await vi.advanceTimersByTimeAsync(most);
        }
        model.endFaults();
        for (let n = 0; n < 60 && !(await model.isDone()); n++) {
          await until(model.deliver(8));
          await vi.advanceTimersByTimeAsync(5_000);
          await until(model.relay());
        }
        expect(await model.isDone()).toBe(true);
        await until(model.close());
        expect(model.faulty).toEqual([]);
        expect(model.letters).toEqual([]);
        const ids = model.published();
        expect([...new Set(model.causes())].sort()).toEqual([...ids].sort());
        expect(model.causes()).toHaveLength(ids.length);
        if (keeps === "state") {
          const kept = await model.kept();
          expect(Object.values(kept).flat().sort()).toEqual([...ids].sort());
          if (!dies && !isFaulty)
            expect(kept).toEqual(
              Object.fromEntries(
                Object.keys(kept).map((key) => [key, ids.filter((id) => model.documentOf(id) === key)]),
              ),
            );
        }
      }),
      { numRuns: 15 },
    );
  });
});
