import { describe, expect, it } from "vitest";
import type { Outcome, Step } from "./outcome.ts";
import { createPatience } from "./patience.ts";
import { functionOf, heard } from "./test-function.ts";
import { createWorld } from "./test-world.ts";

const MS = 90_000;
const ALL: Outcome = { kind: "ack", how: "handled", said: ["org.example.thing.done.v1"] };

/** in: at which second the event failed, and where */
function fail(failures: readonly (readonly [second: number, step?: Step])[], others: readonly number[] = []) {
  const patience = createPatience({ ms: MS });
  return failures.map(([second, step = "handler"]) => {
    for (const other of others) if (other === second) patience.done("other", ALL);
    return patience.failed("e", { step, reason: "no parcels today", at: second * 1_000 })?.message;
  });
}

const LAST = "last: handler: no parcels today";

describe("an event that keeps failing in its handler", () => {
  it.each<[how: string, failures: (readonly [number, Step?])[], ended: string | undefined]>([
    ["has failed once", [[0]], undefined],
    ["has failed for less than its time", [[0], [30], [60]], undefined],
    ["has failed for its time", [[0], [30], [60], [90]], `failed 4 times in 90 s, ${LAST}`],
    ["has failed twice with much time between", [[0], [9_999]], undefined],
    ["has failed three times with much time between", [[0], [9_999], [20_000]], `failed 3 times in 90 s, ${LAST}`],
    ["has not answered in time", [[0], [45, "timeout"], [90]], `failed 3 times in 90 s, ${LAST}`],
  ])("is given up when it %s, and not before", (_how, failures, ended) => {
    const all = fail(failures);
    expect([all.slice(0, -1).every((one) => one === undefined), all.at(-1)]).toEqual([true, ended]);
  });

  it("is not charged with an outage between its failures, which says nothing about it", () => {
    const outage = Array.from({ length: 30 }, (_, n) => [60 + n, "ledger"] as const);
    expect(fail([[0], ...outage, [91], [92]]).filter(Boolean)).toEqual([]);
  });

  it("has its time again when it comes back from the dead letters", () => {
    const patience = createPatience({ ms: 0 });
    const failed = () => patience.failed("e", { step: "handler", reason: "x", at: 0 });
    expect([failed(), failed(), failed()?.code]).toEqual([undefined, undefined, "exhausted"]);
    patience.done("e", ALL);
    expect([patience.overdue("e", 0), failed()]).toEqual([undefined, undefined]);
  });

  it("is tried again where its letter is published again, though another process has buried it", () => {
    const patience = createPatience({ ms: MS });
    for (let second = 0; second <= MS / 1_000; second += 10)
      patience.failed("e", { step: "timeout", reason: "x", at: second * 1_000 });
    expect(patience.overdue("e", MS + 10_000)).toMatchObject({ code: "exhausted" });
    expect(patience.overdue("e", 11 * MS)).toBeUndefined();
  });
});

describe("an event that a store or a broker refuses", () => {
  const refusals = (step: Step) => Array.from({ length: 200 }, (_, n) => [n, step] as const);

  it.each<Step>(["ledger", "publish"])("is never given up while nothing gets through: %s", (step) => {
    expect(fail(refusals(step)).filter(Boolean)).toEqual([]);
  });

  it.each<Step>(["ledger", "publish"])("is given up once others got through for its time: %s", (step) => {
    const others = Array.from({ length: 200 }, (_, n) => n);
    const first = fail(refusals(step), others).findIndex(Boolean);
    expect(first).toBe(91);
  });

  it("is not given up because others got through that needed neither", () => {
    const patience = createPatience({ ms: MS });
    for (let second = 0; second < 200; second++) {
      patience.done("ignored", { kind: "ack", how: "ignored" });
      patience.done("silent", { kind: "ack", how: "handled", said: [] });
      expect(patience.failed("e", { step: "publish", reason: "x", at: second * 1_000 })).toBeUndefined();
    }
  });

  it.each<Step>(["leased", "contention", "unknown", "dead-letter"])(
    "never, where it only waits for others: %s",
    (step) => {
      const others = Array.from({ length: 200 }, (_, n) => n);
      expect(fail(refusals(step), others).filter(Boolean)).toEqual([]);
    },
  );
});

describe("a dispatch with patience", () => {
  const start = () => {
    const world = createWorld();
    const patience = createPatience({ ms: 1 });
    return { world, ports: { patience } };
  };

  it.each([
    ["throws", () => Promise.reject(new Error("no parcels today"))],
    ["says what it does not declare", () => Promise.resolve({ emit: [{ type: "x", subject: "s", data: {} }] })],
  ])("buries an event whose handler always %s, with the reason", async (_how, handler) => {
    const { world, ports } = start();
    const deliver = () => world.deliver(() => functionOf(handler), heard, { ports });
    const outcomes = [await deliver(), await deliver(), await deliver()];
    expect(outcomes).toMatchObject([{ kind: "retry" }, { kind: "retry" }, { kind: "dead", code: "exhausted" }]);
    expect(world.letters.map(({ body }) => JSON.parse(body).deadcode)).toEqual(["exhausted"]);
  });

  it("buries one whose handler never answers at its next delivery, without another try", async () => {
    const { world, ports } = start();
    let runs = 0;
    const never = () => {
      runs++;
      return new Promise<never>(() => {});
    };
    const deliver = () => world.deliver(() => functionOf(never), heard, { ports: { ...ports, deadlineMs: 5 } });
    for (let n = 0; n < 3; n++) expect(await deliver()).toMatchObject({ kind: "retry", code: "timeout" });
    expect(await deliver()).toMatchObject({ kind: "dead", code: "exhausted" });
    expect(runs).toBe(3);
  });

  it("does not charge an event with a store that hangs until its time is over", async () => {
    const { world, ports } = start();
    const load = () => new Promise<never>(() => {});
    const deliver = () =>
      world.deliver(() => functionOf(() => ({})), heard, {
        ports: { ...ports, deadlineMs: 5, ledger: { ...world.ledger, load } },
      });
    for (let n = 0; n < 5; n++) expect(await deliver()).toMatchObject({ kind: "retry", code: "timeout" });
    expect(await world.deliver(() => functionOf(() => ({})), heard, { ports })).toMatchObject({ how: "handled" });
  });

  it("lets it come again as long as its letter cannot be stored, without handling it again", async () => {
    const { world, ports } = start();
    let runs = 0;
    const failing = () => {
      runs++;
      return Promise.reject(new Error("x"));
    };
    const down = { ...ports, deadLetter: () => Promise.reject(new Error("down")) };
    const deliver = (lent = down) => world.deliver(() => functionOf(failing), heard, { ports: lent });
    await deliver();
    await deliver();
    expect(await deliver()).toMatchObject({ kind: "retry", code: "dead-letter" });
    expect(await deliver()).toMatchObject({ kind: "retry", code: "dead-letter" });
    expect(await world.deliver(() => functionOf(failing), heard, { ports })).toMatchObject({ code: "exhausted" });
    expect(runs).toBe(3);
  });
});
