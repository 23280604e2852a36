import { describe, expect, it } from "vitest";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { subjectDocumentKey } from "../event/ids.ts";
import { DAY_MS, HOUR_MS, toRetention } from "../ledger/retention.ts";
import { functionOf } from "./test-function.ts";
import { away, PARKED, saidOf, startParking } from "./test-parking.ts";

describe("what comes later of a document with a parked event", () => {
  it("has its turn as soon as that has had it", async () => {
    const { world, deliver, relay, works, park } = startParking();
    await park("a");
    for (const id of ["b", "c", "d"]) await deliver(id);
    world.pass(31_000);
    await relay();
    works("a");
    world.pass(5_000);
    expect(await relay()).toMatchObject({ failed: 0 });
    expect(saidOf(world)).toEqual(["a", "b", "c", "d"]);
  });

  it("waits behind it, and is done in its order", async () => {
    const { world, deliver, relay, works, park } = startParking();
    await park("a");
    expect(await deliver("b")).toEqual(PARKED);
    expect(await deliver("c")).toEqual(PARKED);
    expect(await deliver("other", { about: "o" })).toMatchObject({ how: "handled" });
    works("a");
    for (let n = 0; n < 6; n++) {
      world.pass(31_000);
      await relay();
    }
    expect(saidOf(world)).toEqual(["other", "a", "b", "c"]);
    expect(await deliver("d")).toMatchObject({ how: "handled" });
  });

  it("has as many attempts as any, and as much time: waiting was no failure of its own", async () => {
    const { world, deliver, relay, fails, works, park } = startParking();
    await park("a");
    await deliver("b");
    works("a");
    fails("b");
    for (let n = 0; n < 2; n++) {
      world.pass(60_000);
      await relay();
      expect(world.letters).toEqual([]);
    }
    world.pass(60_000);
    await relay();
    expect(world.letters.map(({ body }) => JSON.parse(body))).toMatchObject([
      { id: "b", deadcode: "exhausted", deadreason: expect.stringContaining("failed 3 times in 90 s") },
    ]);
  });

  it("has its turn when that is dead", async () => {
    const { world, deliver, relay, fails, park } = startParking();
    await park("a");
    await deliver("b");
    fails("a", new Dead("hopeless", "never"));
    for (let n = 0; n < 6; n++) {
      world.pass(31_000);
      await relay();
    }
    expect([world.letters.length, saidOf(world)]).toEqual([1, ["b"]]);
    expect(await deliver("c")).toMatchObject({ how: "handled" });
  });

  it("has its turn at once when that is dead before it is handled, as what is too old", async () => {
    const { world, deliver, relay, fails } = startParking();
    const ports = { retention: toRetention(1, 1) };
    fails("a");
    await deliver("a", { ports });
    await deliver("a", { ports });
    world.pass(DAY_MS - HOUR_MS);
    expect(await deliver("b", { time: "2026-11-26T09:00:00Z", ports })).toEqual(PARKED);
    world.pass(HOUR_MS);
    await relay({ ports });
    expect(world.letters.map(({ body }) => JSON.parse(body).deadcode)).toEqual(["too-old"]);
    expect(saidOf(world)).toEqual(["b"]);
    expect(await deliver("c", { time: "2026-11-26T09:00:00Z", ports })).toMatchObject({ how: "handled" });
  });

  it("has its turn at once when another build has handled that, and does not know of turns", async () => {
    const { world, deliver, relay, works, park } = startParking();
    await park("a");
    expect(await deliver("b")).toEqual(PARKED);
    works("a");
    const key = subjectDocumentKey(
      functionOf(() => ({})),
      "s",
    );
    const { entry } = await world.ledger.load(key);
    expect(await deliver("a")).toMatchObject({ how: "handled" });
    const { entry: handled, version } = await world.ledger.load(key);
    await world.ledger.save(key, { ...handled, behind: entry?.behind }, { expected: version });
    world.pass(5_000);
    await relay();
    expect([...new Set(saidOf(world))]).toEqual(["a", "b"]);
  });

  it("has its turn when that is dead since a store refuses it and takes others, as it would be without parking", async () => {
    const { world, deliver, relay, fails, works } = startParking();
    const key = subjectDocumentKey(
      functionOf(() => ({})),
      "s",
    );
    const save: typeof world.ledger.save = async (to, entry, options) => {
      if (to === key && JSON.stringify(entry).includes('"heard":["a"')) throw new Error("refused");
      return world.ledger.save(to, entry, options);
    };
    const ports = { ledger: { ...world.ledger, save } };
    fails("a");
    await deliver("a", { ports });
    await deliver("a", { ports });
    expect(await deliver("b", { ports })).toEqual(PARKED);
    works("a");
    for (let n = 0; n < 10; n++) {
      world.pass(31_000);
      await relay({ ports });
      expect(await deliver(`o-${n}`, { about: "o", ports })).toMatchObject({ how: "handled" });
    }
    expect(world.letters.map(({ body }) => JSON.parse(body))).toMatchObject([
      { id: "a", deadcode: "exhausted", deadreason: expect.stringContaining("refused") },
    ]);
    expect(saidOf(world)).toContain("b");
  });

  it("waits as long as that can be saved by nobody: no outage ends an event", async () => {
    const { world, deliver, relay, works, park } = startParking();
    await park("a");
    await deliver("b");
    works("a");
    const key = subjectDocumentKey(
      functionOf(() => ({})),
      "s",
    );
    const save: typeof world.ledger.save = (to, ...rest) => (to === key ? away() : world.ledger.save(to, ...rest));
    for (let n = 0; n < 10; n++) {
      world.pass(31_000);
      await relay({ ports: { ledger: { ...world.ledger, save } } });
    }
    expect(world.letters).toEqual([]);
    world.pass(31_000);
    await relay();
    expect(saidOf(world)).toEqual(["a", "b"]);
  });

  it("has its turn in the end where nobody brings that again", async () => {
    const { world, deliver, relay, fails } = startParking();
    fails("a");
    await deliver("a");
    // Dies between the two: the broker still has it, and loses it.
    expect(await deliver("a", { dieAt: 7 })).toBe("died");
    expect(await deliver("b")).toEqual(PARKED);
    for (let n = 0; n < 30 && saidOf(world).length === 0; n++) {
      world.pass(31_000);
      await relay();
    }
    expect(saidOf(world)).toEqual(["b"]);
  });
});
