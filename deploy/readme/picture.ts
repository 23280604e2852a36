import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readSession } from "../../adapters/local/session.ts";
import { createTestShop } from "../../adapters/local/test-shop.ts";
import { placeOrders, until } from "../e2e/shop/orders.ts";
import { BROKEN_TOPIC, createBroken } from "../e2e/tools/broken-events.ts";
import { consoleUrlOf, openBrowser, openConsolePage } from "../e2e/tools/console-page.ts";
import { freshFolder } from "../e2e/tools/output.ts";

const PICTURE = "adapters/local/console/console.png";
const ROOT = join(import.meta.dirname, "../..");
/** A page is read by many, on many lines. */
const MOST_BYTES = 300 * 1_024;
const ORDERS = 60;
const EVERY_MS = 120;
/** When it is drawn: the others are still under way. */
const SHOWN = 45;

/** Draws the console as somebody sees it while orders are placed. out: the file. throws: for one that is too large */
export async function drawConsole(): Promise<string> {
  const shop = await createTestShop();
  try {
    await shop.open();
    const browser = await openBrowser();
    try {
      const url = await consoleUrlOf(shop.dataDir);
      const { page, events } = await openConsolePage(browser, { url, folder: freshFolder("picture") });
      await breakOne(shop.dataDir);
      const { accepted, done } = placeOrders(shop.url, ORDERS, { everyMs: EVERY_MS });
      await until(() => accepted.size >= SHOWN, { what: "most orders are placed" });
      await events("order.shipped", "notification").first().waitFor();
      const picture = await page.screenshot();
      await done;
      if (picture.length > MOST_BYTES)
        throw new Error(`${PICTURE}: has ${picture.length} bytes, may have ${MOST_BYTES}`);
      writeFileSync(join(ROOT, PICTURE), picture);
      return PICTURE;
    } finally {
      await browser.close();
    }
  } finally {
    await shop.close();
    shop.forget();
  }
}

/** So that something has died. */
async function breakOne(dataDir: string): Promise<void> {
  const session = readSession(dataDir);
  const broken = createBroken("picture", Date.now()).find(({ code }) => code === "schema");
  await fetch(`${session?.services[0]?.sidecarUrl}/v1.0/publish/pubsub/${BROKEN_TOPIC}`, {
    method: "POST",
    headers: { "content-type": "application/cloudevents+json", "dapr-api-token": session?.tokens.dapr ?? "" },
    body: broken?.body ?? "",
  });
}
