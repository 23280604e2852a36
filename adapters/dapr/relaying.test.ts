import { expect, it, onTestFinished, vi } from "vitest";
import { startRelaying } from "./relaying.ts";

const NOTHING = { looked: 0, said: 0, failed: 0, parked: 0, oldestMs: 0 };

function start(relay: Parameters<typeof startRelaying>[0]["relay"], everyMs = 5) {
  const logger = { info: vi.fn(), warn: vi.fn() };
  const observe = vi.fn();
  const relaying = startRelaying({ relay, observe, logger, everyMs });
  onTestFinished(() => relaying.stop());
  return { logger, observe, relaying };
}

it("looks again and again, and says something only where there was something to say", async () => {
  const found = [NOTHING, { ...NOTHING, looked: 2, said: 2 }];
  const { logger, observe } = start(async () => found.shift() ?? NOTHING);
  await vi.waitFor(() => expect(observe.mock.calls.length).toBeGreaterThan(3));
  expect(logger.info.mock.calls).toEqual([[{ ...NOTHING, looked: 2, said: 2 }, "relayed"]]);
});

it("warns once for each time that the ledger is away, and goes on", async () => {
  let calls = 0;
  const isAway = () => calls < 4 || (calls > 6 && calls < 10);
  const { logger, observe } = start(async () => {
    calls++;
    if (isAway()) throw new Error("away");
    return NOTHING;
  });
  await vi.waitFor(() => expect(calls).toBeGreaterThan(12));
  expect(logger.warn).toHaveBeenCalledTimes(2);
  expect(observe).toHaveBeenCalled();
});

it("ends what it is doing before it stops, and begins no more", async () => {
  let isDone = false;
  let calls = 0;
  const { relaying } = start(async (signal) => {
    calls++;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    isDone = true;
    return NOTHING;
  });
  await vi.waitFor(() => expect(calls).toBe(1));
  await relaying.stop();
  expect([isDone, calls]).toEqual([true, 1]);
});

it("looks when a parked event is due, and tells how many wait", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const looks: number[] = [];
  const began = Date.now();
  const { observe, relaying } = start(async () => {
    looks.push(Date.now() - began);
    return NOTHING;
  }, 20_000);
  await vi.advanceTimersByTimeAsync(1_000);
  for (const after of [4_000, 4_100, 9_000]) relaying.wakeAt(began + after);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(looks).toEqual([1_000, 4_000, 5_000, 9_000, 29_000]);
  expect(observe.mock.calls.map(([{ parked }]) => parked)).toEqual([0, 2, 1, 0, 0]);
});
