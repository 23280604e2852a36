import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createHolding } from "./holding.ts";

let calls: (readonly [handles: readonly string[], seconds: number])[];
beforeEach(() => {
  calls = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

const set = async (handles: readonly string[], seconds: number) => void calls.push([handles, seconds]);

it("holds letters again before their time is over, however long somebody thinks, and not what is taken out", async () => {
  const holding = createHolding({ mostAtOnce: 2, set });
  holding.renew(60);
  for (const id of ["a", "b", "c", "d"]) holding.take(id, `handle-${id}`);
  holding.take("a", "newer-a");
  holding.leave("d");
  await vi.advanceTimersByTimeAsync(61_000);
  const once = [
    [["newer-a", "handle-b"], 60],
    [["handle-c"], 60],
  ];
  expect(calls).toEqual([...once, ...once]);
});

it("lets go last of all: a call that is on its way would hold them once more", async () => {
  let answer = () => {};
  const slow = createHolding({
    mostAtOnce: 1,
    async set(handles, seconds) {
      calls.push([handles, seconds]);
      if (seconds > 0) await new Promise<void>((resolve) => (answer = resolve));
    },
  });
  slow.renew(60);
  for (const id of ["a", "b"]) slow.take(id, id);
  await vi.advanceTimersByTimeAsync(30_000);
  const given = slow.giveBack();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(calls).toEqual([[["a"], 60]]);
  answer();
  await given;
  expect(calls.slice(1)).toEqual([
    [["a"], 0],
    [["b"], 0],
  ]);
});
