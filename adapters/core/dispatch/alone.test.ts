import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { createMemoryLedger } from "../ledger/memory-ledger.ts";
import { alone } from "./alone.ts";

const waitMs = 10_000;

it("runs the work of one document one at a time, in the order in which it came", async () => {
  const ledger = createMemoryLedger();
  const log: string[] = [];
  const work = (name: string) =>
    alone(
      async () => {
        log.push(`${name} begins`);
        await setImmediate();
        log.push(`${name} ends`);
        return name;
      },
      { ledger, documentKey: "d", waitMs },
    );
  expect(await Promise.all(["a", "b", "c"].map(work))).toEqual(["a", "b", "c"]);
  expect(log).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

it.each([
  ["documents", { ledger: createMemoryLedger(), documentKey: "other" }],
  ["ledgers", { ledger: createMemoryLedger(), documentKey: "d" }],
])("lets other %s not wait", async (_what, other) => {
  const ledger = other.documentKey === "d" ? createMemoryLedger() : other.ledger;
  const first = Promise.withResolvers<string>();
  const running = alone(() => first.promise, { ledger, documentKey: "d", waitMs });
  expect(await alone(async () => "done", { ...other, waitMs })).toBe("done");
  first.resolve("first");
  expect(await running).toBe("first");
});

it("tells who has waited too long, without holding up those behind it", async () => {
  const options = { ledger: createMemoryLedger(), documentKey: "d" };
  const first = Promise.withResolvers<boolean>();
  const running = alone(() => first.promise, { ...options, waitMs });
  const short = alone(async (isTurn) => isTurn, { ...options, waitMs: 1 });
  const long = alone(async (isTurn) => isTurn, { ...options, waitMs });
  expect(await short).toBe(false);
  first.resolve(true);
  expect(await Promise.all([running, long])).toEqual([true, true]);
});

it("goes on behind work that rejects", async () => {
  const options = { ledger: createMemoryLedger(), documentKey: "d", waitMs };
  const failing = alone(() => Promise.reject(new Error("no")), options);
  const next = alone(async () => "next", options);
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("next");
});
