import { expect, it } from "vitest";
import { createParking } from "../core/dispatch/parking.ts";
import { createPatience } from "../core/dispatch/patience.ts";
import type { Ports } from "../core/dispatch/ports.ts";
import { functionOf, heard, sayBoth } from "../core/dispatch/test-function.ts";
import { createWorld } from "../core/dispatch/test-world.ts";
import { createLately } from "./lately.ts";

const EVERY_MS = 20_000;
const MINUTE = 60_000;
const LONG_MS = 40 * MINUTE;
const away = () => Promise.reject(new Error("away"));

/** A relay that looks every 20 s, and what is known at each of its looks. */
function start(handle = sayBoth) {
  const world = createWorld();
  const lately = createLately({ now: () => world.ports.now() });
  const create = () => functionOf(handle);
  return {
    world,
    deliver: (ports: Partial<Ports>) => world.deliver(create, heard, { topic: "in", fromEdge: true, ports }),
    async watch(what: "failed" | "parked" | "oldestMs", ms: number, ports: Partial<Ports>) {
      const seen: number[] = [];
      for (let passed = 0; passed < ms; passed += EVERY_MS) {
        world.pass(EVERY_MS);
        const relayed = await world.relay(create, { ports });
        if (relayed === "died") throw new Error("nobody kills it");
        lately.look(relayed);
        seen.push(lately.most(what));
      }
      return seen;
    },
  };
}

it("what cannot be said is known without a gap, though it is tried again every five minutes only", async () => {
  const { deliver, watch } = start();
  await deliver({ publish: away });
  const seen = await watch("oldestMs", LONG_MS, { publish: away });
  const first = seen.findIndex((ms) => ms > 0);
  expect(first).toBeLessThan(5);
  expect(seen.slice(first).filter((ms) => ms === 0)).toEqual([]);
  expect(Math.max(...seen)).toBeGreaterThan(LONG_MS - 6 * MINUTE);
});

it("is forgotten six minutes after its last try that failed", async () => {
  const { deliver, watch, world } = start();
  await deliver({ publish: away });
  await watch("oldestMs", LONG_MS, { publish: away });
  const seen = await watch("oldestMs", 8 * MINUTE, {});
  const said = world.said.length;
  expect([said, seen.slice((6 * MINUTE) / EVERY_MS).every((ms) => ms === 0)]).toEqual([2, true]);
});

it("what is parked is known without a gap between its tries", async () => {
  const { deliver, watch } = start(() => {
    throw new Error("not yet");
  });
  const ports = { parking: createParking({ ms: LONG_MS }), patience: createPatience({ ms: LONG_MS }) };
  await deliver(ports);
  expect(await deliver(ports)).toEqual({ kind: "ack", how: "parked" });
  const seen = await watch("parked", 15 * MINUTE, ports);
  expect(seen.slice(1).filter((parked) => parked !== 1)).toEqual([]);
});

it("is the most that any of them has found, and nothing where none has failed", () => {
  let clock = 0;
  const lately = createLately({ now: () => clock });
  lately.look({ looked: 5, said: 5, failed: 0, parked: 0, oldestMs: 0 });
  expect(lately.most("failed")).toBe(0);
  lately.look({ looked: 3, said: 0, failed: 3, parked: 1, oldestMs: 0 });
  clock += 30_000;
  lately.look({ looked: 1, said: 0, failed: 1, parked: 1, oldestMs: 0 });
  expect([lately.most("failed"), lately.most("parked")]).toEqual([3, 1]);
  clock += 50_000;
  expect(lately.most("failed")).toBe(1);
});
