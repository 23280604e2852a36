import { afterEach, beforeEach, expect, it } from "vitest";
import { followOrders, placeOrders, until } from "../shop/orders.ts";
import { faultsOf, mailsRepeated, type Sums, sumUp } from "../shop/sums.ts";
import { type Build, createRollingShop, type RollingShop, SERVICES, type Service } from "./rolling-shop.ts";

const EVERY_MS = 50;
const A_STEP = 10;
const PATIENCE_MS = 15_000;

let shop: RollingShop;

beforeEach(async () => {
  shop = await createRollingShop();
});

afterEach(() => shop.close());

it("finishes every accepted order, no mail twice, while each service goes to the new build, back, and forth again", async () => {
  const accepted = new Set<string>();
  const place = async (count = A_STEP) => {
    const placing = placeOrders(shop.url, count, { everyMs: EVERY_MS });
    await placing.done;
    for (const id of placing.accepted.keys()) accepted.add(id);
  };
  /** Both builds side by side, for as long as orders come. */
  const roll = async (service: Service, { from, to }: { readonly from: Build; readonly to: Build }) => {
    await Promise.all([shop.start(service, to), place()]);
    await place();
    await Promise.all([shop.stop(service, from), place(3)]);
  };

  await Promise.all(SERVICES.map((service) => shop.start(service, "old")));
  await place();
  for (const service of SERVICES) await roll(service, { from: "old", to: "new" });

  const sums = await addUp(accepted);
  expect(faultsOf(sums)).toEqual([]);
  expect(mailsRepeated(sums)).toBe(0);

  shop.deliverToAll(true);
  for (const service of ["shipping", "notification"] as const) await roll(service, { from: "new", to: "old" });
  // What is paid while order is of the old build was placed with the new.
  await shop.stop("billing", "new");
  await place();
  await roll("order", { from: "new", to: "old" });
  await shop.start("billing", "old");
  const { refused } = shop.answersOf("old");
  await until(() => shop.answersOf("old").refused > refused, { what: "old pods refuse what new ones have begun" });
  await place();

  for (const service of SERVICES) await roll(service, { from: "old", to: "new" });
  const allSums = await addUp(accepted);
  expect(faultsOf(allSums)).toEqual([]);
  expect(mailsRepeated(allSums)).toBe(0);
  expect(allSums.cancelled).toBeGreaterThan(0);
  expect(allSums.shipped).toBeGreaterThan(allSums.cancelled);
}, 60_000);

/** The last mails are sent when an order is shipped already. */
async function addUp(accepted: ReadonlySet<string>): Promise<Sums> {
  const fates = await followOrders(shop.url, accepted, PATIENCE_MS);
  const sums = () => sumUp(fates, shop.attempts());
  const isWhole = () => faultsOf(sums()).length === 0;
  await until(isWhole, { what: "it adds up", withinMs: PATIENCE_MS }).catch(() => {});
  return sums();
}
