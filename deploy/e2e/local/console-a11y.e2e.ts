import { randomUUID } from "node:crypto";
import axe, { type AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createTestShop, type TestShop } from "../../../adapters/local/test-shop.ts";
import { chromium } from "../../engines/chromium.ts";
import { placeOne } from "../shop/orders.ts";
import { type ConsolePage, consoleUrlOf, openBrowser, openConsolePage } from "../tools/console-page.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";

/** What takes a while: a process that comes back, a check that watches. */
const SOON = { timeout: 60_000 };
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const folder = freshFolder("console-a11y");
const missing = whyMissing("the console for everybody", [chromium]);
let shop: TestShop;
let url: string;
let browser: Browser;
let order: string;

beforeAll(async () => {
  if (missing !== undefined) return;
  shop = await createTestShop();
  await shop.open();
  url = await consoleUrlOf(shop.dataDir);
  browser = await openBrowser();
  order = await placeOne(shop.url, { key: randomUUID(), sku: "tea" });
  await breakSomething();
});

afterAll(async () => {
  await browser?.close();
  await shop?.close();
  shop?.forget();
});

/** So that no view is empty: there are letters, and a check that has ended. */
async function breakSomething(): Promise<void> {
  const at = await openConsolePage(browser, { url, folder });
  await at.open("send");
  await at.button("Send broken").click();
  await at.page.getByRole("link", { name: "See its story" }).waitFor(SOON);
  await at.open("break");
  await at.button("kill notification").click();
  await at.check("kill notification").filter({ hasText: /held/ }).waitFor(SOON);
  await at.page.context().close();
}

interface Look {
  readonly colorScheme: "light" | "dark";
  readonly width: number;
}

async function open(route: string, { colorScheme, width }: Look = { colorScheme: "light", width: 1280 }) {
  const at = await openConsolePage(browser, { url, folder, colorScheme });
  onTestFinished(async () => {
    await at.page.context().close();
    // What is not there is asked for on purpose.
    expect(at.complaints.filter((text) => !text.includes("404"))).toEqual([]);
  });
  await at.page.setViewportSize({ width, height: 800 });
  await at.open(route);
  return at;
}

interface State {
  readonly what: string;
  readonly route: () => string;
  /** Until it is as meant. */
  readonly show: (at: ConsolePage) => Promise<unknown>;
}

const STATES: readonly State[] = [
  { what: "events", route: () => "", show: (at) => at.events("order.shipped").first().waitFor(SOON) },
  {
    what: "no events",
    route: () => "?find=nothing-is-named-so",
    show: (at) => at.page.getByText(/^Nothing of that/).waitFor(SOON),
  },
  {
    what: "a story",
    route: () => `story/${order}`,
    show: async (at) => {
      await at.storyRows("billing", "order.created").first().click();
      await at.region("Data").getByRole("button").first().waitFor(SOON);
    },
  },
  {
    what: "no story",
    route: () => "story/nothing",
    show: (at) =>
      at.page
        .getByText(/nothing/)
        .first()
        .waitFor(SOON),
  },
  {
    what: "letters, one at edit",
    route: () => "letters",
    show: async (at) => {
      await at.letterButton("Edit").first().click();
      await at.page.getByRole("textbox", { name: "Data" }).and(at.page.locator(":enabled")).waitFor(SOON);
    },
  },
  {
    what: "a letter that is to be dropped",
    route: () => "letters",
    show: async (at) => {
      await at.letterButton("Drop").first().click();
      await at.page.getByRole("dialog").waitFor();
    },
  },
  { what: "break", route: () => "break", show: (at) => at.check("kill notification").waitFor(SOON) },
  {
    what: "send, its types open",
    route: () => "send",
    show: async (at) => {
      await at.page.getByRole("combobox", { name: "Type" }).fill("order");
      await at.page.getByRole("option").first().waitFor();
    },
  },
  {
    what: "send, what is no JSON",
    route: () => "send",
    show: async (at) => {
      await at.page.getByRole("textbox", { name: "Data" }).fill("{");
      await at.button("Send").click();
      await at.page.getByText(/must be JSON/).waitFor();
    },
  },
  {
    what: "the keys",
    route: () => "",
    show: async (at) => {
      await at.button("Keys ?").click();
      await at.page.getByRole("dialog", { name: "Keys" }).waitFor();
    },
  },
];

describe.skipIf(missing).each<Look>([
  { colorScheme: "light", width: 1280 },
  { colorScheme: "dark", width: 1280 },
  { colorScheme: "light", width: 360 },
  { colorScheme: "dark", width: 360 },
])("in $colorScheme, $width px wide", (look) => {
  it.each(STATES)("$what: axe finds nothing, and nothing is wider than the screen", async ({ what, route, show }) => {
    const at = await open(route(), look);
    await show(at);
    await at.picture(`${what} ${look.colorScheme} ${look.width}`);
    expect(await findingsOf(at.page)).toEqual([]);
    expect(await at.page.evaluate("document.documentElement.scrollWidth")).toBe(look.width);
  });
});

/** As `rule: what it is of`. */
async function findingsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate(`axe.run({ runOnly: ${JSON.stringify(RULES)} })`)) as AxeResults;
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}

/** What has the focus: its name as it is read, and whether one sees that it has. */
const FOCUSED = `(() => {
  const { activeElement: at } = document;
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  // In a drawing it is the edge of what is drawn.
  const edge = at instanceof SVGElement && parseFloat(getComputedStyle(at.querySelector("rect")).strokeWidth);
  const box = at.getBoundingClientRect();
  return {
    name: (at.ariaLabel ?? at.labels?.[0]?.textContent ?? at.textContent).trim().replace(/\\s+/g, " "),
    isBody: at === document.body,
    isSeen: (edge || (outlineStyle !== "none" && parseFloat(outlineWidth))) >= 2 && box.bottom > 0 && box.top < innerHeight,
  };
})()`;
interface Focused {
  readonly name: string;
  readonly isBody: boolean;
  readonly isSeen: boolean;
}
const focused = (page: Page) => page.evaluate(FOCUSED) as Promise<Focused>;

describe.skipIf(missing)("by keyboard alone", () => {
  it.each(STATES.filter(({ what }) => ["events", "a story", "break"].includes(what)))(
    "$what: one sees where one is at each step, and comes to its end",
    async ({ route, show }) => {
      const at = await open(route());
      await show(at);
      // From the beginning of the page.
      await at.page.evaluate("document.activeElement.blur()");
      await at.page.getByRole("link", { name: "shop" }).evaluate("(link) => { link.focus(); link.blur(); }");
      const steps: Focused[] = [];
      for (let step = 0; step < 150 && !steps.at(-1)?.isBody; step++) {
        await at.page.keyboard.press("Tab");
        steps.push(await focused(at.page));
      }
      expect(steps.at(-1)?.isBody).toBe(true);
      expect(steps.filter(({ isSeen, isBody }) => !isSeen && !isBody)).toEqual([]);
    },
  );

  it("the first step leads past what is the same everywhere, and then come the views", async () => {
    const at = await open("letters");
    await at.letterButton("Edit").first().waitFor(SOON);
    const names: string[] = [];
    for (let step = 0; step < 6; step++) {
      await at.page.keyboard.press("Tab");
      names.push((await focused(at.page)).name.replace(/ \d+$/, ""));
    }
    expect(names).toEqual(["Skip to letters", "shop", "Events", "Letters", "Break", "Send"]);
    await at.page.reload();
    await at.letterButton("Edit").first().waitFor(SOON);
    await at.page.keyboard.press("Tab");
    await at.page.keyboard.press("Enter");
    expect(await at.page.evaluate("document.activeElement.id")).toBe("main");
  });

  it("an event is found among others, and its story opened", async () => {
    const at = await open("");
    await at.events("order.shipped").first().waitFor(SOON);
    await at.page.keyboard.press("/");
    await at.page.keyboard.type("order.shipped");
    await at.page.getByRole("link", { name: "Show all" }).waitFor();
    await at.events().first().focus();
    await at.page.keyboard.press("ArrowDown");
    await at.page.keyboard.press("Enter");
    await at.page.getByRole("table", { name: "Story" }).waitFor(SOON);
    expect(await at.page.title()).toBe("Story · shop");
  });

  it("a key leads to each view, none does while one writes, and all can be turned off", async () => {
    const at = await open("");
    for (const [key, view] of [
      ["l", "Dead letters"],
      ["b", "Break it"],
      ["s", "Send an event"],
      ["e", "Events"],
    ] as const) {
      await at.page.keyboard.press(key);
      await at.page.getByRole("heading", { level: 1, name: view }).waitFor(SOON);
    }
    await at.page.getByRole("searchbox", { name: "Find" }).focus();
    await at.page.keyboard.press("b");
    expect(await at.page.getByRole("searchbox", { name: "Find" }).inputValue()).toBe("b");
    await at.page.getByRole("main").focus();

    await at.page.keyboard.press("?");
    const dialog = at.page.getByRole("dialog", { name: "Keys" });
    await dialog.getByRole("checkbox").uncheck();
    await at.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await at.page.keyboard.press("b");
    await at.page.keyboard.press("?");
    await at.page.getByRole("heading", { level: 1, name: "Events" }).waitFor();
    expect(await dialog.isVisible()).toBe(false);
  });

  it("an event is sent", async () => {
    const at = await open("send");
    await at.page.getByRole("combobox", { name: "Type" }).focus();
    await at.page.keyboard.type("bill.declined");
    await at.page.keyboard.press("Enter");
    await expect.poll(() => at.page.getByRole("textbox", { name: "Data" }).inputValue()).toContain("reason");
    await at.button("Send").focus();
    await at.page.keyboard.press("Enter");
    const story = at.page.getByRole("link", { name: "See its story" });
    await story.waitFor(SOON);
    await story.focus();
    await at.page.keyboard.press("Enter");
    await at.page.getByRole("table", { name: "Story" }).waitFor(SOON);
  });
});

describe.skipIf(missing)("what is said unasked", () => {
  it("how a check has ended, once, and nothing of the events that come meanwhile", async () => {
    const at = await open("");
    await at.events().first().waitFor(SOON);
    await at.page.evaluate(`globalThis.said = [];
      new MutationObserver((changes) => {
        for (const { target } of changes) {
          const live = (target.nodeType === 3 ? target.parentElement : target).closest("[aria-live], [role=status], [role=alert]");
          if (live) said.push(live.textContent.trim());
        }
      }).observe(document.body, { subtree: true, childList: true, characterData: true })`);
    const said = () => at.page.evaluate("globalThis.said") as Promise<readonly string[]>;
    await at.page.evaluate(`location.hash = "#/break"`);
    await at.button("kill shipping").click();
    await placeOne(shop.url, { key: randomUUID(), sku: "tea" });
    await at.check("kill shipping").filter({ hasText: /held/ }).waitFor(SOON);
    await expect.poll(async () => (await said()).join(" "), SOON).toMatch(/kill shipping: held/);
    const all = (await said()).filter((text) => text !== "");
    expect(all.filter((text) => text.includes("kill shipping: held"))).toHaveLength(1);
    expect(all.length).toBeLessThan(8);
  });

  it("nothing moves for who wants that nothing moves", async () => {
    const at = await open("");
    await at.page.emulateMedia({ reducedMotion: "reduce" });
    await at.events().first().waitFor(SOON);
    await placeOne(shop.url, { key: randomUUID(), sku: "tea" });
    await at.events("order.created").first().waitFor(SOON);
    expect(await at.page.evaluate("document.getAnimations().length")).toBe(0);
  });
});
