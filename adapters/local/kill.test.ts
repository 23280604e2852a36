import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { system } from "../../functions/index.ts";
import { createTestShop, isRunning, type ShopProcess, type TestShop, tick, until } from "./test-shop.ts";

const ORDERS = 30;
const VICTIMS = [...system.functions.map(({ name }) => name), "sidecars"];

let shop: TestShop;

beforeEach(async () => {
  shop = await createTestShop();
});

afterEach(async () => {
  await shop.close();
  shop.forget();
});

it.each([
  ...VICTIMS.map((name) => ({
    who: `the process of ${name}`,
    victims: (all: readonly ShopProcess[]) => all.filter((one) => one.name === name),
  })),
  {
    who: "the launcher alone",
    victims: (all: readonly ShopProcess[]) => all.filter(({ name }) => name === "launcher"),
  },
  { who: "every process", victims: (all: readonly ShopProcess[]) => all },
])("finishes every accepted order, and leaves no process behind, when $who is killed", async ({ victims }) => {
  const processes = await shop.open();
  const accepted = new Set<string>();
  const half = Promise.withResolvers<void>();
  const placing = placeOrders((id) => {
    accepted.add(id);
    if (accepted.size === ORDERS / 2) half.resolve();
  });
  await half.promise;
  const chosen = victims(processes);
  expect(chosen).not.toEqual([]);
  for (const { pid } of chosen) process.kill(pid, "SIGKILL");
  placing.stop();
  await placing.done;

  await shop.close();
  await until(() => processes.every(({ pid }) => !isRunning(pid)), "the first shop's processes are gone");

  const again = await shop.open();
  for (const id of accepted) await until(async () => (await statusOf(id)) === "shipped", `order ${id} is shipped`);
  await shop.close();
  expect(again.filter(({ pid }) => isRunning(pid))).toEqual([]);
});

it("starts a process again that dies, without a new start", async () => {
  const processes = await shop.open();
  process.kill(processes.find(({ name }) => name === "billing")?.pid ?? 0, "SIGKILL");
  const ids = new Set<string>();
  await placeOrders((id) => ids.add(id)).done;
  expect(ids.size).toBe(ORDERS);
  for (const id of ids) await until(async () => (await statusOf(id)) === "shipped", `order ${id} is shipped`);
});

/** Places orders one after the other until told to stop, asking again under the same key. */
function placeOrders(onAccepted: (id: string) => void) {
  let stopped = false;
  const place = async () => {
    const headers = { "idempotency-key": randomUUID() };
    while (!stopped) {
      const answer = await fetch(`${shop.url}/orders`, { method: "POST", headers }).catch(() => undefined);
      if (answer?.status === 202) return onAccepted(((await answer.json()) as { orderId: string }).orderId);
      await tick();
    }
  };
  const run = async () => {
    for (let placed = 0; placed < ORDERS && !stopped; placed++) await place();
  };
  return {
    stop: () => {
      stopped = true;
    },
    done: run(),
  };
}

async function statusOf(id: string): Promise<string | undefined> {
  const answer = await fetch(`${shop.url}/orders/${id}`).catch(() => undefined);
  return answer?.ok ? ((await answer.json()) as { status: string }).status : undefined;
}
