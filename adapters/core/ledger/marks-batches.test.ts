import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { MOST_ROWS } from "./ledger.ts";
import { marksOf } from "./marks.ts";
import { createMemoryLedger } from "./memory-ledger.ts";

/** Marks of a ledger that writes when it is told to. */
function createSlow() {
  const memory = createMemoryLedger();
  const written: number[] = [];
  const slow = Promise.withResolvers<void>();
  const put: typeof memory.put = async (rows) => {
    written.push(rows.length);
    await slow.promise;
    await memory.put(rows);
  };
  const marks = marksOf({ ledger: { ...memory, put } });
  const add = (count: number) => {
    for (let nth = 0; nth < count; nth++) marks.add(`m-${written.length}-${nth}`, 0);
  };
  return { marks, add, written, go: slow.resolve };
}

it("leaves a mark that comes while others are written to wait for more: under load each would be a call of its own", async () => {
  const { add, written, go } = createSlow();
  add(MOST_ROWS);
  add(1);
  go();
  await setImmediate();
  expect(written).toEqual([MOST_ROWS]);
});

it("writes at the end all that came while others were written", async () => {
  const { marks, add, written, go } = createSlow();
  add(MOST_ROWS);
  add(1);
  const flushed = marks.flush();
  go();
  await flushed;
  expect(written).toEqual([MOST_ROWS, 1]);
});
