import { expect, it, onTestFinished, vi } from "vitest";
import { startRelaying } from "./relaying.ts";

const NOTHING = { looked: 0, said: 0, failed: 0, parked: 0, oldestMs: 0 };

function start(relay: Parameters<typeof startRelaying>[0]["relay"]) {
  const logger = { info: vi.fn(), warn: vi.fn() };
  const observe = vi.fn();
  const relaying = startRelaying({ relay, observe, logger, everyMs: 5 });
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
