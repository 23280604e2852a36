import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firestoreEmulator } from "../../engines/firestore-emulator.ts";
import { pubsubEmulator } from "../../engines/pubsub-emulator.ts";
import {
  countEffects,
  createTopics,
  DECLINED,
  eventually,
  type GcloudShop,
  placeOrder,
  SUBSCRIPTIONS,
  startGcloudShop,
  statusOf,
  subscribe,
  takeLetters,
} from "./shop.ts";

const ORDERS = 100;
const AT_ONCE = 20;
const DECLINED_ORDERS = 5;
const missing = pubsubEmulator.missing() ?? firestoreEmulator.missing();
if (missing) process.stdout.write(`skipped: ${missing}\n`);

describe.skipIf(missing).each([
  { form: "without wrapper", wrapped: false },
  { form: "with wrapper", wrapped: true },
])("the shop on push subscriptions $form", ({ wrapped }) => {
  let shop: GcloudShop;
  beforeAll(async () => {
    shop = await startGcloudShop(mkdtempSync(join(tmpdir(), "loosely-gcloud-")));
    await createTopics(shop);
    for (const subscription of SUBSCRIPTIONS) await subscribe(shop, subscription, { wrapped });
  });
  afterAll(() => shop?.stop());

  it(`${ORDERS} orders end where they should, and every effect happens once`, async () => {
    const started = performance.now();
    const bodies = Array.from({ length: ORDERS }, (_, index) => (index < DECLINED_ORDERS ? DECLINED : undefined));
    const ids: string[] = [];
    // All at once they would wait for the emulator longer than an order may take where the machine is busy.
    for (let placed = 0; placed < ORDERS; placed += AT_ONCE)
      ids.push(...(await Promise.all(bodies.slice(placed, placed + AT_ONCE).map((body) => placeOrder(shop, body)))));
    const ends = bodies.map((body) => (body ? "cancelled" : "shipped"));
    await eventually(() => Promise.all(ids.map((id) => statusOf(shop, id))), {
      until: (now) => now.every((status, index) => status === ends[index]),
      withinMs: 120_000,
    });
    const shipped = ORDERS - DECLINED_ORDERS;
    const mails = 3 * shipped + 2 * DECLINED_ORDERS;
    const all = await eventually(async () => countEffects(shop.effects()), {
      until: ({ mail }) => mail.keys === mails,
    });
    expect(all).toEqual({
      charge: { keys: ORDERS, attempts: ORDERS },
      mail: { keys: mails, attempts: mails },
      book: { keys: shipped, attempts: shipped },
    });
    expect(await takeLetters(shop)).toEqual([]);
    process.stdout.write(`${ORDERS} orders in ${Math.round(performance.now() - started)} ms\n`);
  });
});
