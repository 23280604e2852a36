import { expect, it } from "vitest";
import type { Outcome, Step } from "../core/dispatch/outcome.ts";
import { createHealth } from "./health.ts";

const retry = (code: Step): Outcome => ({ kind: "retry", code, reason: "" });
const HANDLED: Outcome = { kind: "ack", how: "handled" };
const IGNORED: Outcome = { kind: "ack", how: "ignored" };
const UNKNOWN: Outcome = { kind: "ack", how: "unknown" };

function start(probe: () => Promise<unknown> = async () => {}) {
  let clock = 1_000_000;
  const health = createHealth(probe, { now: () => clock });
  return {
    check: health.check,
    see(outcome: Outcome, times = 1) {
      for (let n = 0; n < times; n++) health.observe({ functionName: "f", event: undefined, outcome, durationMs: 1 });
    },
    wait: (ms: number) => {
      clock += ms;
    },
  };
}

it("is well at the start, so that the local sidecar lets events come", async () => {
  expect(await start(() => Promise.reject(new Error())).check()).toBe(true);
});

it.each(["ledger", "publish", "dead-letter"] as const)(
  "is not well after %s has failed five times on end",
  async (code) => {
    const { check, see } = start();
    see(retry(code), 4);
    expect(await check()).toBe(true);
    see(IGNORED, 3);
    see(UNKNOWN, 3);
    see(retry(code));
    expect(await check()).toBe(false);
  },
);

it.each(["handler", "timeout", "leased", "contention", "unknown"] as const)(
  "is well whatever %s does",
  async (code) => {
    const { check, see } = start();
    see(retry(code), 100);
    expect(await check()).toBe(true);
  },
);

it("is well when a success comes in between", async () => {
  const { check, see } = start();
  see(retry("ledger"), 4);
  see(HANDLED);
  see(retry("ledger"), 4);
  expect(await check()).toBe(true);
});

it("is not well as long as the ledger does not answer, and well again when it does", async () => {
  let up = false;
  const { check, see, wait } = start(async () => {
    if (!up) throw new Error("down");
  });
  see(retry("ledger"), 5);
  for (let n = 0; n < 5; n++) {
    wait(11_000);
    expect(await check()).toBe(false);
  }
  up = true;
  wait(11_000);
  expect(await check()).toBe(true);
});

it("pauses while publishing fails, though the ledger answers: only an event can show that it works again", async () => {
  const { check, see, wait } = start();
  see(retry("publish"), 5);
  expect(await check()).toBe(false);
  wait(11_000);
  expect(await check()).toBe(true);
  see(retry("publish"));
  expect(await check()).toBe(false);
  wait(11_000);
  expect(await check()).toBe(true);
  see(HANDLED);
  see(retry("publish"), 4);
  expect(await check()).toBe(true);
});
