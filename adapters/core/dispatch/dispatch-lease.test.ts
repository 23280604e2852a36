import { describe, expect, it } from "vitest";
import { OrderCreated } from "../../../functions/events/index.ts";
import { Dead } from "../../../functions/kernel/outcome.ts";
import { createNotification } from "../../../functions/notification/handler.ts";
import { First, functionOf, type Handle, heard, Undeclared } from "./test-function.ts";
import { createWorld, toEvent } from "./test-world.ts";

const created = toEvent(OrderCreated(OrderCreated.sample));
const exclusive = (handle: Handle, keeps: "state" | "nothing" = "nothing") =>
  functionOf(handle, { keeps, exclusive: true });

describe("an exclusive function", () => {
  it("leaves a second delivery for later while the first is at work", async () => {
    const world = createWorld();
    const { promise, resolve } = Promise.withResolvers<void>();
    const { promise: atWork, resolve: started } = Promise.withResolvers<void>();
    const create = () =>
      exclusive(async () => {
        started();
        await promise;
        return {};
      });
    const first = world.deliver(create, heard);
    await atWork;
    expect(await world.deliver(create, heard)).toEqual({
      kind: "retry",
      code: "leased",
      reason: "another delivery is at work",
    });
    resolve();
    expect(await first).toMatchObject({ kind: "ack", how: "handled" });
    expect(await world.deliver(create, heard)).toMatchObject({ kind: "ack", how: "duplicate" });
  });

  it("mails once when two deliveries start at the same moment", async () => {
    const world = createWorld();
    const outcomes = await Promise.all([1, 2, 3].map(() => world.deliver(createNotification, created)));
    expect(outcomes.filter((outcome) => outcome !== "died" && outcome.kind === "ack")).toHaveLength(1);
    expect(world.effects.sendMail).toHaveLength(1);
  });

  it.each([
    ["throws", new Error("no answer"), "retry"],
    ["says never", new Dead("never", "no such mailbox"), "dead"],
  ])("gives its lease back when its handler %s, so that the next delivery need not wait", async (_how, error, kind) => {
    const world = createWorld();
    expect(await world.deliver(() => exclusive(() => Promise.reject(error)), heard)).toMatchObject({ kind });
    expect(await world.deliver(() => exclusive(() => ({})), heard)).toMatchObject({ kind: "ack", how: "handled" });
  });

  it.each<[string, Handle, string]>([
    ["more than a broker takes", () => ({ emit: [First({ about: "x".repeat(300_000) })] }), "dead"],
    ["what it does not declare", () => ({ emit: [Undeclared({ about: "s" })] }), "retry"],
  ])("gives its lease back when its handler says %s", async (_what, handle, kind) => {
    const world = createWorld();
    expect(await world.deliver(() => exclusive(handle), heard)).toMatchObject({ kind });
    expect(await world.deliver(() => exclusive(() => ({})), heard)).toMatchObject({ kind: "ack", how: "handled" });
  });

  it("throws its handler's error, not the store's, when the lease cannot be given back", async () => {
    const world = createWorld();
    let saves = 0;
    const save: typeof world.ledger.save = (...args) =>
      ++saves === 1 ? world.ledger.save(...args) : Promise.reject(new Error("store is down"));
    const outcome = await world.deliver(() => exclusive(() => Promise.reject(new Error("no answer"))), heard, {
      ports: { ledger: { ...world.ledger, save } },
    });
    expect(outcome).toEqual({ kind: "retry", code: "handler", reason: "Error: no answer" });
  });

  it("keeps its lease after a timeout, since its handler may still be at work, until the lease runs out", async () => {
    const world = createWorld();
    const never = () => exclusive(() => new Promise(() => {}));
    expect(await world.deliver(never, heard, { ports: { deadlineMs: 20 } })).toMatchObject({ code: "timeout" });
    const again = () => world.deliver(() => exclusive(() => ({})), heard);
    expect(await again()).toMatchObject({ kind: "retry", code: "leased" });
    world.pass(world.ports.leaseMs);
    expect(await again()).toMatchObject({ kind: "ack", how: "handled" });
  });

  it("keeps the state of its subject through a lease taken and given back", async () => {
    const world = createWorld();
    const tell = (id: string, handle: Handle) => world.deliver(() => exclusive(handle, "state"), { ...heard, id });
    const states: unknown[] = [];
    await tell("1", () => ({ state: "known" }));
    await tell("2", (_event, state) => {
      states.push(state);
      throw new Error("no answer");
    });
    await tell("3", (_event, state) => {
      states.push(state);
      return {};
    });
    expect(states).toEqual(["known", "known"]);
  });
});
