import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { dispatch } from "../dispatch/dispatch.ts";
import { functionOf, heard, sayBoth } from "../dispatch/test-function.ts";
import { createWorld } from "../dispatch/test-world.ts";
import { markedAt, marksOf } from "../ledger/marks.ts";
import { createMemoryLedger } from "../ledger/memory-ledger.ts";
import { createDoubts } from "./doubts.ts";
import type { Said } from "./publish.ts";

const DOUBT_MS = 30_000;
const said = (body: string): readonly Said[] => [{ topic: "t", key: "k", body }];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start() {
  const ledger = createMemoryLedger();
  const marks = marksOf({ ledger });
  const doubts = createDoubts({ ms: DOUBT_MS, settledMs: 10_000, now: Date.now });
  const say = (mark: string, body: string) => {
    marks.add(mark, Date.now());
    doubts.remember(mark, said(body));
  };
  return {
    marks,
    doubts,
    say,
    isMarked: async (mark: string) => markedAt((await ledger.load(mark)).entry) !== undefined,
  };
}

describe("what was said shortly before publishing failed", () => {
  it("is no longer taken for said, and is said again by this process as soon as it can be", async () => {
    const { marks, doubts, say, isMarked } = start();
    say("old", "old");
    await vi.advanceTimersByTimeAsync(DOUBT_MS);
    say("a", "a");
    say("b", "b");
    await vi.advanceTimersByTimeAsync(500);
    let failures = 3;
    const again: string[] = [];
    const publish = async (events: readonly Said[]) => {
      if (failures-- > 0) throw new Error("down");
      again.push(...events.map(({ body }) => body));
    };
    doubts.failed("x", { publish, marks });
    expect([marks.saidAt("a") !== undefined, marks.saidAt("old") !== undefined]).toEqual([false, true]);
    await vi.advanceTimersByTimeAsync(600);
    expect([await isMarked("a"), await isMarked("old")]).toEqual([false, true]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(again.sort()).toEqual(["a", "b"]);
    expect([marks.saidAt("a") !== undefined, await isMarked("a"), await isMarked("b")]).toEqual([true, true, true]);
  });

  it("is said again once, however often publishing fails meanwhile", async () => {
    const { marks, doubts, say } = start();
    say("a", "a");
    const publish = vi.fn(async () => {});
    for (let n = 0; n < 5; n++) doubts.failed(`x${n}`, { publish, marks });
    await vi.advanceTimersByTimeAsync(5_000);
    doubts.failed("y", { publish, marks });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(publish).toHaveBeenCalledTimes(1);
  });

  it("is not said again for an event that nobody takes, at each of its deliveries", async () => {
    const { marks, doubts, say } = start();
    const publish = vi.fn(async () => {});
    for (let n = 0; n < 5; n++) {
      doubts.failed("refused", { publish, marks });
      say(`${n}`, "a");
      await vi.advanceTimersByTimeAsync(5_000);
    }
    expect(publish).not.toHaveBeenCalled();
  });

  it("is said although another of it is refused, and once more as the process ends", async () => {
    const { marks, doubts, say } = start();
    for (const one of ["refused", "a", "b"]) say(one, one);
    const again: string[] = [];
    let isUp = false;
    const publish = async ([one]: readonly Said[]) => {
      if (one?.body === "refused" || (one?.body === "b" && !isUp)) throw new Error("no");
      again.push(one?.body ?? "");
    };
    doubts.failed("x", { publish, marks });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(again).toEqual(["a"]);
    isUp = true;
    await doubts.flush();
    expect(again).toEqual(["a", "b"]);
  });
});

describe("an event that comes again, where a broker may lose what it has confirmed", () => {
  it("is said again once in a while, so that whoever asks again sets all that follows going", async () => {
    vi.useRealTimers();
    const world = createWorld();
    const doubts = createDoubts({ ms: DOUBT_MS, settledMs: 10_000, now: world.ports.now });
    const ports = { ...world.ports, doubts };
    const deliver = () => dispatch(functionOf(sayBoth), { event: heard }, ports);
    const counts: number[] = [];
    for (const ms of [0, 1_000, 1_000, 10_000, 1_000, 1_000, 60_000]) {
      world.pass(ms);
      await deliver();
      counts.push(world.said.length);
    }
    expect(counts).toEqual([2, 2, 2, 4, 4, 4, 6]);
  });
});
