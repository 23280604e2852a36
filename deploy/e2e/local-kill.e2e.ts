import { afterAll, beforeAll, expect, it } from "vitest";
import { childrenOf, createTestShop, type TestShop } from "../../adapters/local/test-shop.ts";
import { pause, placeOrders, until } from "./orders.ts";
import { createRandom } from "./random.ts";
import { settle } from "./settle.ts";
import { faultsOf } from "./sums.ts";

const ORDERS = 200;
const PROCESSES = ["order", "billing", "notification", "shipping", "sidecars"];

const LONGEST_PAUSE_MS = 900;
const PATIENCE_MS = 150_000;

let shop: TestShop;
let launcher: number;

beforeAll(async () => {
  shop = await createTestShop();
  [launcher = 0] = (await shop.open()).map(({ pid }) => pid);
});
afterAll(async () => {
  await shop.close();
  shop.forget();
});

it.each([1, 2, 3, 4, 5])(
  "the local shop finishes 200 orders while each of its processes is killed at random moments (seed %i)",
  async (seed) => {
    const random = createRandom(seed);
    const placing = placeOrders(shop.url, ORDERS);
    // Twice each: a launcher gives up on a process that dies five times in ten seconds.
    for (const name of random.shuffle([...PROCESSES, ...PROCESSES])) {
      await pause(random.next() * LONGEST_PAUSE_MS);
      const victim = () => childrenOf(launcher).find((each) => each.name === name)?.pid;
      await until(() => victim() !== undefined, { what: `${name} runs` });
      process.kill(victim() ?? 0, "SIGKILL");
    }
    await placing.done;
    const sums = await settle(shop.url, {
      ids: placing.accepted.keys(),
      effectsLog: shop.effectsLog,
      withinMs: PATIENCE_MS,
    });
    expect(faultsOf(sums)).toEqual([]);
    expect(sums.accepted).toBe(ORDERS);
  },
);
