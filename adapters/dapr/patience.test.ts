import { expect, it } from "vitest";
import { OrderPaid } from "../../functions/events/index.ts";
import { defineFunction, type Reaction, when } from "../../functions/kernel/define.ts";
import { Dead } from "../../functions/kernel/outcome.ts";
import { withPatience } from "./patience.ts";

const DEADLINE_MS = 1_000;
const PATIENCE_MS = 90_000;

function start(handler: () => Reaction<never> | Promise<Reaction<never>>) {
  let clock = 0;
  const fn = defineFunction({ name: "f", on: [when(OrderPaid, handler)] });
  const patient = withPatience(fn, { ms: PATIENCE_MS, deadlineMs: DEADLINE_MS, now: () => clock });
  return {
    wait: (ms: number) => {
      clock += ms;
    },
    attempt: async (id = "e-1") =>
      patient.on
        .get(OrderPaid.type)
        ?.react(
          { specversion: "1.0", id, source: "/s", type: OrderPaid.type, time: "2026-01-01T00:00:00Z", data: {} },
          undefined,
        ),
  };
}

const failing = () => {
  throw new Error("no parcels today");
};

it("lets a handler fail until its time is over, then gives the event up with the last reason", async () => {
  const { attempt, wait } = start(failing);
  for (let n = 0; n < 3; n++) {
    await expect(attempt()).rejects.toThrow("no parcels today");
    wait(30_000);
  }
  const given = await attempt().catch((error: unknown) => error);
  expect(given).toBeInstanceOf(Dead);
  expect(given).toMatchObject({
    code: "exhausted",
    message: expect.stringMatching(/failed 3 times in 90 s.*no parcels/),
  });
});

it("gives an event that comes back from the dead letters its time again", async () => {
  const { attempt, wait } = start(failing);
  await attempt().catch(() => {});
  wait(PATIENCE_MS);
  await expect(attempt()).rejects.toThrow(Dead);
  await expect(attempt()).rejects.not.toThrow(Dead);
});

it("forgets the trouble of an event that was handled, and keeps events apart", async () => {
  let broken = true;
  const { attempt, wait } = start(() => (broken ? failing() : {}));
  await attempt("a").catch(() => {});
  broken = false;
  await attempt("a");
  broken = true;
  wait(PATIENCE_MS);
  await expect(attempt("a")).rejects.toThrow("no parcels today");
  await expect(attempt("b")).rejects.toThrow("no parcels today");
});

it("counts a handler that answers after the deadline as one that failed: nobody heard it", async () => {
  const { attempt, wait } = start(() => {
    wait(DEADLINE_MS);
    return {};
  });
  await attempt();
  wait(PATIENCE_MS);
  await expect(attempt()).rejects.toThrow(/no answer within 1000 ms/);
});

it("counts a handler that never answers", async () => {
  const { attempt, wait } = start(() => new Promise<never>(() => {}));
  void attempt();
  wait(PATIENCE_MS);
  await expect(attempt()).rejects.toThrow(Dead);
});
