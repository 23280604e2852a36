import { setImmediate } from "node:timers/promises";
import { afterEach, expect, it, vi } from "vitest";
import { heard } from "./test-function.ts";

afterEach(() => void vi.doUnmock("./later.ts"));

/** A process that has not loaded the file yet. */
async function start() {
  vi.resetModules();
  const { createWorld } = await import("./test-world.ts");
  const { functionOf } = await import("./test-function.ts");
  const { Dead } = await import("../../../functions/kernel/outcome.ts");
  return {
    world: createWorld(),
    dies: () => functionOf(() => Promise.reject(new Dead("never", "x"))),
    keepsState: () => functionOf(() => ({ state: 1 }), { keeps: "state" }),
  };
}

/** Of one that is missing: as after an incomplete upload. */
const takeAway = () =>
  vi.doMock("./later.ts", () => {
    throw new Error("no such file");
  });

it("what dies comes again as long as the file that buries it cannot be loaded, and is buried once it can", async () => {
  const { world, dies } = await start();
  takeAway();
  expect(await world.deliver(dies, heard)).toMatchObject({ kind: "retry", code: "dead-letter" });
  vi.doUnmock("./later.ts");
  expect(await world.deliver(dies, heard)).toMatchObject({ kind: "dead", code: "never" });
  expect(world.letters).toHaveLength(1);
});

it("what is handled needs that file for one document in many: the others never wait for it", async () => {
  const { world, keepsState } = await start();
  takeAway();
  const deliver = (nth: number) => world.deliver(keepsState, { ...heard, id: `e-${nth}` });
  for (let nth = 0; nth < 16; nth++) expect(await deliver(nth)).toMatchObject({ kind: "ack", how: "handled" });
  expect(await deliver(16)).toMatchObject({ kind: "retry", code: "ledger" });
  vi.doUnmock("./later.ts");
  expect(await deliver(16)).toMatchObject({ kind: "ack", how: "handled" });
});

it.each([
  ["buries nothing", "dead-letter", "dies"],
  ["saves nothing", "save", "keepsState"],
] as const)(
  "an event whose time was over while the file was loaded %s, and comes again",
  async (_what, step, which) => {
    const { world, keepsState, [which]: create } = await start();
    for (let nth = 0; nth < 16; nth++) await world.deliver(keepsState, { ...heard, id: `e-${nth}` });
    world.steps.length = 0;
    const [loading, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    vi.doMock("./later.ts", async (load) => {
      loading.resolve();
      await gate.promise;
      return load();
    });
    const host = new AbortController();
    const outcome = world.deliver(create, seventeenth, { signal: host.signal });
    await loading.promise;
    host.abort();
    expect(await outcome).toMatchObject({ kind: "retry", code: "timeout" });
    gate.resolve();
    for (let turn = 0; turn < 3; turn++) await setImmediate();
    expect(world.steps).not.toContain(step);

    vi.doUnmock("./later.ts");
    await world.deliver(create, seventeenth);
    expect(world.steps).toContain(step);
  },
);

const seventeenth = { ...heard, id: "e-16" };
