import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { derivedId } from "../../../adapters/core/event/ids.ts";
import { OrderCreated } from "../../../functions/events/index.ts";
import { daprd } from "../../engines/daprd.ts";
import { redis } from "../../engines/redis.ts";
import { askAgain, followOrders, type Placing, placeOne, placeOrders, until, viewOf } from "../shop/orders.ts";
import { settle } from "../shop/settle.ts";
import { faultsOf, mailsRepeated, type Sums } from "../shop/sums.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";
import type { BrokerKind, DeadLetter } from "./brokers.ts";
import { broken, scenarios } from "./faults.ts";
import { TEST_TIMES } from "./overlay.ts";
import { writeProof } from "./proof.ts";
import { publish } from "./publish.ts";
import { SERVICES, type Shop, startShop } from "./shop.ts";

const ORDERS = 100;
const PATIENCE_MS = 100_000;
const LEAK_SHOWS_AFTER_MS = 25_000;

/** All that is promised of a broker, on the real one, with the services as they ship. */
export function describeShop(kind: BrokerKind): void {
  const missing = whyMissing(`the shop on ${kind.name}`, [daprd, redis, kind.engine]);

  describe.skipIf(missing !== undefined)(`the shop on ${kind.name}`, () => {
    let shop: Shop;
    let seenLetters = 0;
    const proven: string[] = [];

    beforeAll(async () => {
      shop = await startShop({ kind, dir: freshFolder(kind.name.toLowerCase()) });
    });
    afterAll(async () => {
      await shop?.stop();
      writeProof(kind, proven);
    });

    /** What customers do whose order stands still, on the broker where one may. */
    const repair = async (placing: Placing) => {
      if (kind.leak === undefined) return;
      const faults = faultsOf(await settleShop(shop, placing, LEAK_SHOWS_AFTER_MS));
      if (faults.length === 0) return;
      process.stdout.write(`asking for all orders again, since ${faults.join(", ")}: ${kind.leak}\n`);
      await askAgain(shop.url, placing.accepted.values());
    };

    const newLetters = async (): Promise<readonly DeadLetter[]> => {
      const letters = (await shop.broker.deadLetters()).slice(seenLetters);
      seenLetters += letters.length;
      return letters;
    };

    /** out: how long the slowest of many orders took, in ms, where something was done after a third of them */
    const slowestOf = async (midway: () => Promise<unknown>): Promise<number> => {
      const placing = placeOrders(shop.url, ORDERS - 1);
      await until(() => placing.accepted.size > ORDERS / 3, { what: "a third of the orders is accepted" });
      await midway();
      await placing.done;
      expect(faultsOf(await settleShop(shop, placing))).toEqual([]);
      return Math.max(...(await Promise.all([...placing.accepted.keys()].map((id) => timeToEnd(shop.url, id)))));
    };

    let undisturbed: Promise<number> | undefined;
    const slowestUndisturbed = (): Promise<number> => {
      undisturbed ??= slowestOf(async () => {});
      return undisturbed;
    };

    it("runs the same services in the same environment as on every other broker, with another component file", () => {
      for (const name of SERVICES)
        expect(Object.keys(environmentOf(shop.pods[name].service().pid))).toEqual([
          ...["APP_API_TOKEN", "APP_HOST", "APP_PORT", "DAPR_API_TOKEN", "DAPR_HTTP_PORT", "DISPATCH_TIMEOUT_MS"],
          ...["EDGE_DEMO", "EDGE_PORT", "EFFECTS_LOG", "GIVE_UP_AFTER_MS"],
        ]);
      expect(readdirSync(kind.folder).filter((file) => file.endsWith(".yaml"))).toEqual(["pubsub.yaml"]);
    });

    it.each(scenarios)("loses nothing and mails nothing twice when $name", async (scenario) => {
      const { midway, after } = await scenario.begin(shop);
      const placing = placeOrders(shop.url, ORDERS);
      await until(() => placing.accepted.size > ORDERS / 3, { what: "a third of the orders is accepted" });
      await midway?.();
      await placing.done;
      await followOrders(shop.url, placing.accepted.keys(), LEAK_SHOWS_AFTER_MS);
      await after?.();
      await repair(placing);
      const sums = await settleShop(shop, placing);
      expect(faultsOf(sums)).toEqual([]);
      expect(sums.accepted).toBe(ORDERS);
      if (!scenario.mailsMayRepeat) expect(mailsRepeated(sums)).toBe(0);
      expect(await newLetters()).toEqual([]);
      proven.push(scenario.name);
    });

    it("sends a poison event to the dead letters with its reason, and the orders beside it do not wait", async () => {
      const without = await slowestUndisturbed();
      const beside = await slowestOf(() =>
        publish(shop.pods.shipping, { topic: "orders", body: JSON.stringify(POISON) }),
      );
      const letters: DeadLetter[] = [];
      await until(async () => letters.push(...(await newLetters())) >= 2, {
        what: "both consumers' letters are there",
      });
      expect(letters.map(({ deadfunction }) => deadfunction).sort()).toEqual(["billing", "notification"]);
      for (const letter of letters)
        expect(letter).toMatchObject({ id: POISON.id, data: POISON.data, deadcode: "schema", deadtopic: "orders" });
      // As long would those behind it wait if it were tried again.
      expect(beside - without).toBeLessThan(TEST_TIMES.giveUpAfterMs);
      proven.push("an event is poison");
    });

    it("ten events whose handler keeps failing hold up nobody, and are dead letters in the end", async () => {
      const { billing } = shop.pods;
      const keys = Array.from({ length: 10 }, () => randomUUID());
      const failing = keys.map((key) => derivedId("order", key));
      const without = await slowestUndisturbed();
      await billing.service().stop();
      await billing.startService(broken(`keys:${failing.join()}`));
      const beside = await slowestOf(() => Promise.all(keys.map((key) => placeOne(shop.url, { key }))));
      const letters: DeadLetter[] = [];
      await until(async () => letters.push(...(await newLetters())) >= keys.length, { what: "there are ten letters" });
      expect(letters.map(({ subject }) => subject).sort()).toEqual(failing.toSorted());
      for (const letter of letters)
        expect(letter).toMatchObject({
          ...{ deadfunction: "billing", deadcode: "exhausted", deadtopic: "orders" },
          deadreason: expect.stringContaining("the effect failed on purpose"),
        });
      expect(beside - without).toBeLessThan(TEST_TIMES.giveUpAfterMs);
      await billing.service().stop();
      await billing.startService();
      proven.push("ten events keep failing");
    });

    it("has no other dead letter in the end", async () => {
      expect(await newLetters()).toEqual([]);
    });
  });
}

const POISON = {
  specversion: "1.0",
  id: "poison-1",
  source: "/shop/order",
  type: OrderCreated.type,
  datacontenttype: "application/json",
  data: { orderId: 7 },
};

const settleShop = ({ url, effectsLog }: Shop, { accepted }: Placing, withinMs = PATIENCE_MS): Promise<Sums> =>
  settle(url, { ids: accepted.keys(), effectsLog, withinMs });

async function timeToEnd(url: string, id: string): Promise<number> {
  const steps = (await viewOf(url, id))?.steps ?? [];
  return Date.parse(steps.at(-1)?.at ?? "") - Date.parse(steps[0]?.at ?? "");
}

/** What a process was given beyond our own environment. */
function environmentOf(pid: number): Readonly<Record<string, string>> {
  const entries = readFileSync(`/proc/${pid}/environ`, "utf8")
    .split("\0")
    .filter((line) => line !== "")
    .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const)
    .filter(([name, value]) => process.env[name] !== value);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
