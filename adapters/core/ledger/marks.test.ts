import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Row } from "./ledger.ts";
import { markedAt, marksOf } from "./marks.ts";
import { createMemoryLedger } from "./memory-ledger.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function start() {
  const memory = createMemoryLedger();
  const puts: (readonly Row[])[] = [];
  let isDown = false;
  const ledger: typeof memory = {
    ...memory,
    async put(rows) {
      puts.push(rows);
      if (isDown) throw new Error("down");
      await memory.put(rows);
    },
  };
  const marks = marksOf({ ledger });
  return {
    marks,
    puts,
    isMarked: async (mark: string) => markedAt((await memory.load(mark)).entry) !== undefined,
    down: (is: boolean) => {
      isDown = is;
    },
  };
}

describe("marks", () => {
  it("are remembered at once, and written together, later", async () => {
    const { marks, puts, isMarked } = start();
    for (const mark of ["a", "b", "c"]) marks.add(mark, 0);
    expect([marks.saidAt("b"), puts.length]).toEqual([0, 0]);
    await vi.advanceTimersByTimeAsync(500);
    expect(puts.map((rows) => rows.map(({ key }) => key))).toEqual([["a", "b", "c"]]);
    expect([await isMarked("a"), await isMarked("d")]).toEqual([true, false]);
  });

  it("are written at once when they are as many as one call takes, and when the process ends", async () => {
    const { marks, puts } = start();
    for (let n = 0; n < 25; n++) marks.add(`${n}`, 0);
    marks.add("last", 0);
    await marks.flush();
    expect(puts.map(({ length }) => length)).toEqual([25, 1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are tried again with the next where the store is away", async () => {
    const { marks, isMarked, down } = start();
    down(true);
    marks.add("a", 0);
    await vi.advanceTimersByTimeAsync(500);
    down(false);
    marks.add("b", 0);
    await vi.advanceTimersByTimeAsync(500);
    expect([await isMarked("a"), await isMarked("b")]).toEqual([true, true]);
  });
});
