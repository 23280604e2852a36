import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from "vitest";
import { readSession, type Session } from "../../../adapters/local/session.ts";
import { createTestShop, type TestShop } from "../../../adapters/local/test-shop.ts";
import { chromium } from "../../engines/chromium.ts";
import { placeOne, placeOrders } from "../shop/orders.ts";
import { BROKEN_TOPIC, createBroken } from "../tools/broken-events.ts";
import { type ConsolePage, consoleUrlOf, openBrowser, openConsolePage } from "../tools/console-page.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";

/** What takes a while: a process that comes back, a check that watches. */
const SOON = { timeout: 60_000 };
/** Far more than anything else takes here. */
const CHARGE_TAKES_MS = 400;
/** Of whoever places orders here. */
const EMAIL = "load@example.com";
const [BROKEN] = createBroken("console", Date.now()).filter(({ name }) => name === "field of another kind");

const folder = freshFolder("console");
const missing = whyMissing("the console in Chromium", [chromium]);
let shop: TestShop;
let session: Session;
let url: string;
let browser: Browser;
let at: ConsolePage;

beforeAll(async () => {
  if (missing !== undefined) return;
  shop = await createTestShop();
  await shop.open({
    BREAK_EFFECTS: `slow:${CHARGE_TAKES_MS}`,
    NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, "../shop/break-effects.mjs"))}`,
  });
  session = readSession(shop.dataDir) as Session;
  url = await consoleUrlOf(shop.dataDir);
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await shop?.close();
  shop?.forget();
});

beforeEach(async () => {
  if (missing !== undefined) return;
  const page = await openConsolePage(browser, { url, folder });
  at = page;
  onTestFinished(async ({ task }) => {
    await page.picture(`${task.result?.state === "fail" ? "failed" : "end"} ${task.name}`.slice(0, 80));
    await page.page.context().close();
    expect(page.complaints).toEqual([]);
  });
});

/** An order of one packet of tea, whose customer has a name. */
const place = () => placeOne(shop.url, { key: randomUUID(), sku: "tea" });
/** Its last event has been handled. */
const isShipped = () => shows(at.storyRow("notification", "order.shipped"), "done");

it.skipIf(missing)(
  "an order is followed from the list of events to its end, with what each event says and what it has changed",
  async () => {
    await place();
    await at.events("order.shipped", "notification").first().waitFor(SOON);
    await at.picture("1 events");
    await at.events("order.shipped", "notification").first().click();
    await isShipped();
    await shows(at.storyRow("shipping", "order.paid"), "→ shipment.dispatched");
    await at.storyRow("billing", "order.created").click();
    await shows(at.region("Data"), "tea");
    expect(await at.region("Data").textContent()).not.toContain(EMAIL);
    await at.region("Data").getByRole("button", { name: "Show email" }).click();
    await shows(at.region("Data"), EMAIL);
    await at.storyRow("order", "bill.paid").click();
    await shows(at.region("Event"), "com.example.bill.paid.v1");
    await shows(at.region("Data"), "receipt");
    await shows(at.region("Document before"), "created");
    await shows(at.region("Document after"), "paid");
    await at.picture("1 story");
  },
);

it.skipIf(missing)("what is to be said later is listed, and leads to the story that it belongs to", async () => {
  const id = await place();
  await at.go("Letters");
  const row = at.page.getByRole("table", { name: "Pending events" }).getByRole("row").filter({ hasText: id }).first();
  await shows(row, "due");
  await at.picture("1 pending");
  await row.getByRole("link").click();
  await isShipped();
});

it.skipIf(missing)("why an event died is read, its data is mended, and it is handled once it is replayed", async () => {
  const { body = "", mended } = BROKEN ?? {};
  await publish(body);
  await at.go("Letters");
  const letters = at.page.getByRole("table", { name: "Dead letters" });
  const group = letters.getByRole("row").filter({ hasText: "notification" }).filter({ hasText: "schema" });
  await shows(group, "data.tracking");
  const story = (await letters.getByRole("link").first().getAttribute("href")) ?? "";
  await at.picture("2 letters");
  await at.letterButton("Edit").click();
  const editor = at.page.getByRole("textbox", { name: "Data" });
  await shows(letters.getByRole("alert"), "must be string");
  await editor.fill(JSON.stringify(mended?.data));
  await at.picture("2 mended");
  await at.button("Replay").click();
  await at.page.getByText("Nothing has died").waitFor(SOON);
  await at.picture("2 replayed");
  await at.open(story.slice(2));
  await shows(at.storyRow("notification", "order.shipped"), "dead (schema");
  await isShipped();
  await at.picture("2 story");
});

it.skipIf(missing)("billing is killed, its events wait for it, and go on when it is back", async () => {
  await at.go("Break");
  const placing = placeOrders(shop.url, 20);
  await at.button("kill billing").click();
  await shows(at.check("kill billing"), /\bheld\b/);
  await at.picture("3 killed");
  await placing.done;

  await at.button("stop billing").click();
  await shows(at.page.getByRole("listitem").filter({ has: at.button("start billing") }), "stopped");
  const waits = await place();
  await at.open(`story/${waits}`);
  await at.storyRow("notification", "order.created").waitFor(SOON);
  await shows(at.storyRow("billing", "order.created"), "waiting");
  expect(await at.storyRow("order", "bill.paid").count()).toBe(0);
  await at.picture("3 waits");
  await at.go("Break");
  await at.button("start billing").click();
  await shows(at.check("start billing"), /\bheld\b/);
  await at.open(`story/${waits}`);
  await isShipped();
  await at.picture("3 went on");
});

it.skipIf(missing)("an order that is delivered twice to billing is charged once", async () => {
  await at.open(`story/${await place()}`);
  await isShipped();
  await at.storyRow("billing", "order.created").click();
  await at.button("deliver twice at once").click();
  await shows(at.storyRow("billing", "order.created"), /2 duplicates/);
  // Billing is idempotent: it asks again under its key, which is one charge.
  await shows(at.page.getByRole("main"), /charge tried \d+×, 1 key/);
  await at.picture("4 story");
  await at.go("Break");
  await shows(at.check("twice at once"), /\bheld\b/);
  await at.picture("4 check");
});

it.skipIf(missing)("a broken event is sent, and its story says where it died and why", async () => {
  await at.go("Send");
  const type = at.page.getByRole("combobox", { name: "Type" });
  await type.fill("order.paid");
  await type.press("Enter");
  await at.button("Sample").click();
  await expect.poll(() => at.page.getByRole("textbox", { name: "Data" }).inputValue()).toContain("orderId");
  await at.button("Send broken").click();
  await at.picture("5 sent");
  await at.page.getByRole("main").getByRole("link", { name: "See its story" }).click();
  await shows(at.storyRow("shipping", "order.paid"), "dead (schema");
  await at.picture("5 story");
});

it.skipIf(missing)(
  "the store is taken away: orders wait or are refused aloud, and none is lost when it is back",
  async () => {
    await at.go("Break");
    await at.button("away store").click();
    const placing = placeOrders(shop.url, 5, { everyMs: 100 });
    await shows(at.page.getByRole("listitem").filter({ has: at.button("back store") }), "away");
    expect((await fetch(`${shop.url}/orders`, { method: "POST" })).status).toBe(503);
    await at.picture("6 away");
    await at.button("back store").click();
    await shows(at.check("back store"), /\bheld\b/);
    await placing.done;
    await at.picture("6 back");
    for (const id of placing.accepted.keys()) {
      await at.open(`story/${id}`);
      await isShipped();
    }
  },
);

it.skipIf(missing)("a story is saved as JSON and as a picture, without the name of a customer", async () => {
  await at.open(`story/${await place()}`);
  await isShipped();
  const saved = async (button: string) => {
    const [download] = await Promise.all([at.page.waitForEvent("download"), at.button(button).click()]);
    const file = join(folder, `7 ${download.suggestedFilename()}`);
    await download.saveAs(file);
    return file;
  };
  const text = readFileSync(await saved("Save JSON"), "utf8");
  expect(JSON.parse(text)).toMatchObject({ happenings: expect.any(Array) });
  expect([text.includes("com.example.order.shipped.v1"), text.includes(EMAIL)]).toEqual([true, false]);
  const picture = readFileSync(await saved("Save picture"));
  expect(picture.subarray(1, 4).toString()).toBe("PNG");
  expect(picture.length).toBeGreaterThan(10_000);
});

it.skipIf(missing)("the slowest service is found, at the longest bar of a story", async () => {
  await at.open(`story/${await place()}`);
  await isShipped();
  await shows(at.page.getByRole("main"), /Longest at work: billing/);
  const worked = await at
    .storyRow("billing", "order.created")
    .getByRole("cell")
    .filter({ hasText: /^\d+ m?s$/ })
    .first()
    .textContent();
  expect(Number.parseInt(worked ?? "", 10)).toBeGreaterThanOrEqual(CHARGE_TAKES_MS);
  await at.picture("8 slowest");
});

/** That it stands there, to be read. */
const shows = (where: Locator, what: string | RegExp) => where.filter({ hasText: what }).first().waitFor(SOON);

/** As somebody else would, who takes no care. */
async function publish(body: string): Promise<void> {
  const answer = await fetch(`${session.services[0]?.sidecarUrl}/v1.0/publish/pubsub/${BROKEN_TOPIC}`, {
    method: "POST",
    headers: { "content-type": "application/cloudevents+json", "dapr-api-token": session.tokens.dapr },
    body,
  });
  expect(answer.status).toBe(204);
}
