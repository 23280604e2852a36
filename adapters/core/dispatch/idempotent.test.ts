import { describe, expect, it } from "vitest";
import type { CloudEvent } from "../../../functions/kernel/event.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { eventDocumentKey, eventKey } from "../event/ids.ts";
import { createPatience } from "./patience.ts";
import { functionOf, type Handle, heard, sayBoth } from "./test-function.ts";
import { PARKED, startParking } from "./test-parking.ts";
import { createWorld, distinct } from "./test-world.ts";

const HANDLED = { kind: "ack", how: "handled", said: ["first.v1", "second.v1"] };
const DUPLICATE = { kind: "ack", how: "duplicate" };

/** A world with a function whose effect tells a repetition by the subject. */
function start() {
  const world = createWorld();
  const runs: string[] = [];
  let fails: Error | undefined;
  const handle: Handle = (event, state) => {
    runs.push(event.id);
    world.steps.push("run");
    if (fails) throw fails;
    return sayBoth(event, state);
  };
  const create = () => functionOf(handle, { idempotent: true });
  return {
    world,
    runs,
    create,
    fail: (error?: Error) => {
      fails = error;
    },
    deliver: (event: CloudEvent = heard, more: { readonly dieAt?: number } = {}) => world.deliver(create, event, more),
    documents: () => world.ledger.load(eventDocumentKey(create(), eventKey(heard))),
  };
}

describe("a function that says it is idempotent", () => {
  it("is run before its document is looked for: a save and what it says, no read", async () => {
    const { deliver, world } = start();
    expect(await deliver()).toEqual(HANDLED);
    expect(world.steps).toEqual(["run", "save", "publish", "publish"].slice(0, world.steps.length));
    expect(world.steps).not.toContain("load");
  });

  it("is looked for where it lost: a duplicate, of which the same is said again", async () => {
    const { deliver, world, runs } = start();
    await deliver();
    const before = world.said.map(({ body }) => body);
    world.pass(60_000);
    // Another process: it does not know what was said.
    const { ledger } = world;
    expect(await world.deliver(start().create, heard, { ports: { ledger: { ...ledger } } })).toEqual(DUPLICATE);
    expect(world.said.map(({ body }) => body)).toEqual([...before, ...before]);
    expect(distinct(world.said)).toHaveLength(2);
    expect(runs).toEqual([heard.id]);
  });

  it("is not to blame for a store that is asked after it has failed, and never answers", async () => {
    const { world, create, fail } = start();
    fail(new Error("no"));
    const load = () => new Promise<never>(() => {});
    const ports = { ledger: { ...world.ledger, load }, deadlineMs: 20, patience: createPatience({ ms: 0 }) };
    for (let n = 0; n < 5; n++)
      expect(await world.deliver(create, heard, { ports })).toMatchObject({ kind: "retry", code: "timeout" });
  });

  it.each(Array.from({ length: 8 }, (_, nth) => nth + 1))(
    "says the same once the event comes again, should it die at step %d",
    async (dieAt) => {
      const { deliver, world } = start();
      const first = await deliver(heard, { dieAt });
      expect(await deliver()).toMatchObject({ kind: "ack" });
      expect(distinct(world.said)).toHaveLength(2);
      if (first === "died" && dieAt <= 2) expect(await deliver()).toEqual(DUPLICATE);
    },
  );

  it("finds an id that names another event only when it has run: a conflict, nothing said", async () => {
    const { deliver, world, runs } = start();
    await deliver();
    const other: CloudEvent = { ...heard, data: { about: "other" }, subject: "other" };
    expect(await deliver(other)).toMatchObject({ kind: "dead", code: "conflict" });
    expect(runs).toHaveLength(2);
    expect(distinct(world.said)).toHaveLength(2);
  });

  it.each([
    ["throws", new Error("away")],
    ["says that it is dead", new Dead("late", "too late")],
  ])("is no failure where it %s for an event that was handled before", async (_how, error) => {
    const { deliver, fail, world } = start();
    await deliver();
    fail(error);
    expect(await deliver()).toEqual(DUPLICATE);
    expect(world.letters).toEqual([]);
    expect(await deliver({ ...heard, id: "e-2" })).not.toMatchObject({ kind: "ack" });
  });

  it("is looked for first where the event is a replay, which may come when its effect is forgotten", async () => {
    const { deliver, runs } = start();
    await deliver();
    expect(await deliver({ ...heard, replayof: "a".repeat(64), replayfor: "fn" })).toEqual(DUPLICATE);
    expect(runs).toHaveLength(1);
  });

  it("runs once each time that a relay tries what is parked", async () => {
    const { park, works, relay, world } = startParking({ keeps: "nothing", idempotent: true });
    await park("e-1");
    works("e-1");
    world.pass(60_000);
    world.steps.length = 0;
    expect(await relay()).toMatchObject({ failed: 0 });
    expect(world.said).toHaveLength(1);
    expect(PARKED.how).toBe("parked");
  });
});
