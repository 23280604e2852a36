import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Dead } from "../../../functions/kernel/outcome.ts";
import type { Ports } from "./ports.ts";
import { functionOf, heard, sayBoth } from "./test-function.ts";
import { createWorld } from "./test-world.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => vi.useRealTimers());

const never = () => new Promise<never>(() => {});
const TIMED_OUT = { kind: "retry", code: "timeout", reason: "DeadlineError: not done after 10000 ms" };

describe("one deadline bounds the whole dispatch", () => {
  const world = createWorld();
  it.each<[string, Partial<Ports>]>([
    ["loading", { ledger: { ...world.ledger, load: never } }],
    ["saving", { ledger: { ...world.ledger, save: never } }],
    ["publishing", { publish: never }],
  ])("when %s never ends", async (_what, ports) => {
    const outcome = createWorld().deliver(() => functionOf(sayBoth), heard, { ports });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await outcome).toEqual(TIMED_OUT);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("when storing the dead letter never ends", async () => {
    const dead = () => functionOf(() => Promise.reject(new Dead("never", "x")));
    const outcome = createWorld().deliver(dead, heard, { ports: { deadLetter: never } });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await outcome).toEqual(TIMED_OUT);
  });

  it("when the handler never ends, and not a moment earlier", async () => {
    const ended = vi.fn();
    const outcome = createWorld()
      .deliver(() => functionOf(never), heard)
      .then(ended);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await outcome;
    expect(ended).toHaveBeenCalledWith(TIMED_OUT);
  });

  it("and leaves no timer behind when the work is done", async () => {
    await createWorld().deliver(() => functionOf(sayBoth), heard);
    // The mark of what was said is written later, whatever becomes of the work.
    await vi.advanceTimersByTimeAsync(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("and tells the ports by their signal", async () => {
    let seen: AbortSignal | undefined;
    const publish: Ports["publish"] = (_said, options) => {
      seen = options?.signal;
      return never();
    };
    const outcome = createWorld().deliver(() => functionOf(sayBoth), heard, { ports: { publish } });
    await vi.advanceTimersByTimeAsync(9_999);
    expect(seen?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await outcome;
    expect(seen?.aborted).toBe(true);
  });
});

describe("whoever is too late does nothing that others could see", () => {
  it.each([
    ["returns", (late: PromiseWithResolvers<object>) => late.resolve({})],
    ["throws", (late: PromiseWithResolvers<object>) => late.reject(new Error("late"))],
    ["says never", (late: PromiseWithResolvers<object>) => late.reject(new Dead("never", "late"))],
  ])("a handler that %s after the deadline neither saves, publishes nor buries", async (_how, end) => {
    const world = createWorld();
    const late = Promise.withResolvers<object>();
    const outcome = world.deliver(() => functionOf(() => late.promise, { exclusive: true }), heard);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await outcome).toEqual(TIMED_OUT);
    end(late);
    await setImmediate();
    expect(world.steps).toEqual(["save"]);
  });

  it("a save that ends after the deadline is not published: the next delivery does", async () => {
    const world = createWorld();
    const late = Promise.withResolvers<void>();
    const save: typeof world.ledger.save = async (key, entry, { signal: _, ...options }) => {
      await late.promise;
      return world.ledger.save(key, entry, options);
    };
    const outcome = world.deliver(() => functionOf(sayBoth), heard, { ports: { ledger: { ...world.ledger, save } } });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await outcome).toEqual(TIMED_OUT);
    late.resolve();
    await setImmediate();
    expect(world.said).toEqual([]);
    expect(await world.deliver(() => functionOf(sayBoth), heard)).toMatchObject({ how: "duplicate" });
    expect(world.said).toHaveLength(2);
  });
});

describe("a host that stops", () => {
  const STOPPED = { kind: "retry", code: "timeout", reason: "DeadlineError: stopped by the host" };

  it("gets what is in flight back at once, with neither timer nor listener left behind", async () => {
    const world = createWorld();
    const host = new AbortController();
    const remove = vi.spyOn(host.signal, "removeEventListener");
    const outcome = world.deliver(() => functionOf(never), heard, { signal: host.signal });
    await setImmediate();
    host.abort();
    expect(await outcome).toEqual(STOPPED);
    expect(vi.getTimerCount()).toBe(0);
    expect(remove).toHaveBeenCalled();
  });

  it("starts nothing any more", async () => {
    const world = createWorld();
    const outcome = await world.deliver(() => functionOf(sayBoth), heard, { signal: AbortSignal.abort() });
    expect(outcome).toEqual(STOPPED);
    expect(world.steps).toEqual([]);
  });
});
