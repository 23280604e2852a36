import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { dispatch } from "../core/dispatch/dispatch.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { functionOf } from "../core/dispatch/test-function.ts";
import { marksOf } from "../core/ledger/marks.ts";
import { createMemoryLedger } from "../core/ledger/memory-ledger.ts";
import type { Relayed, relay } from "../core/relay/relay.ts";
import { handleRelay } from "./relay.ts";

const { told } = vi.hoisted(() => ({ told: vi.fn<typeof relay>() }));
vi.mock("../core/relay/relay.ts", () => ({ relay: told }));

const NOW = Date.UTC(2026, 10, 2);
const NOTHING: Relayed = { looked: 0, said: 0, failed: 0, parked: 0, oldestMs: 0 };
const ports: Ports = {
  ledger: createMemoryLedger(),
  publish: async () => {},
  now: () => NOW,
  deadlineMs: 10_000,
  leaseMs: 15_000,
};

/** out: what it logs of what became of what was due */
async function logOf(relayed: Relayed, leftMs = 30_000, { deadlineMs } = ports): Promise<readonly object[]> {
  const lines: object[] = [];
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((line) => lines.push(JSON.parse(String(line))) > 0);
  onTestFinished(() => spy.mockRestore());
  told.mockResolvedValue(relayed);
  const invocation = { getRemainingTimeInMillis: () => leftMs, functionName: "shop-order" };
  await handleRelay(
    functionOf(() => ({})),
    { invocation, dispatch, marks: marksOf(ports) },
    { ...ports, deadlineMs },
  );
  return lines;
}

beforeEach(() => void told.mockReset());

it.each([
  ["nothing was due", {}],
  ["what was due had been said meanwhile", { looked: 3 }],
])("logs nothing, 1,440 times a day, where %s", async (_what, relayed) => {
  expect(await logOf({ ...NOTHING, ...relayed })).toEqual([]);
});

const line = { time: "2026-11-02T00:00:00.000Z", function: "fn", msg: "relay" };
const metric = {
  _aws: {
    Timestamp: NOW,
    CloudWatchMetrics: [
      {
        Namespace: "loosely",
        Dimensions: [["FunctionName"]],
        Metrics: [{ Name: "UnsaidOldestSeconds", Unit: "Seconds" }],
      },
    ],
  },
  FunctionName: "shop-order",
};

it.each([
  ["info for what was said", { looked: 2, said: 3 }, { level: "info" }],
  ["warn for what failed, and will be looked at again", { looked: 1, failed: 1 }, { level: "warn" }],
  [
    "a metric for what waits",
    { looked: 1, failed: 1, oldestMs: 301_500 },
    { level: "warn", ...metric, UnsaidOldestSeconds: 301.5 },
  ],
])("logs one line: %s", async (_what, relayed, more) => {
  const all = { ...NOTHING, ...relayed };
  expect(await logOf(all)).toEqual([{ ...line, ...all, ...more }]);
});

it.each([
  ["ends early enough for what it begins last", 30_000, 20_000],
  ["makes way for the next minute's", 900_000, 50_000],
])("%s", async (_what, leftMs, forMs) => {
  await logOf(NOTHING, leftMs);
  expect(told.mock.calls.map(([, , options]) => options?.forMs)).toEqual([forMs]);
});

it("stops before Lambda ends the process", async () => {
  await logOf(NOTHING, 520, { ...ports, deadlineMs: 5 });
  const [[, , options] = []] = told.mock.calls;
  await vi.waitFor(() => expect(options?.signal?.aborted).toBe(true));
});

it("says so where the function has less time than one event, instead of doing nothing each minute", async () => {
  await expect(logOf(NOTHING, 10_000)).rejects.toThrow("DISPATCH_TIMEOUT_MS: must be shorter");
  expect(told).not.toHaveBeenCalled();
});
