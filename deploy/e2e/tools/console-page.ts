import { join } from "node:path";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import { readSession } from "../../../adapters/local/session.ts";
import { chromiumLaunch } from "../../engines/chromium.ts";
import { until } from "../shop/orders.ts";

const PATIENCE_MS = 30_000;
const VIEWPORT = { width: 1440, height: 900 };

export type View = "Events" | "Letters" | "Break" | "Send";

/** The console as somebody sees it: found by what stands on the screen. */
export interface ConsolePage {
  readonly page: Page;
  /** What it should not do: errors, and calls to any other address. */
  readonly complaints: readonly string[];
  /** Goes there by the navigation. */
  go(view: View): Promise<void>;
  /** Goes there by an address, as a colleague has sent it: `story/ID`. */
  open(route: string): Promise<void>;
  /** Of the list of events, those whose names say all of these. */
  events(...words: readonly string[]): Locator;
  /** Of the open story, those that say all of these. */
  storyRows(...words: readonly string[]): Locator;
  /** Of the open story, that of a function and what it heard, as `order.paid`: the first of them. */
  storyRow(app: string, type: string): Locator;
  region(name: string): Locator;
  button(name: string): Locator;
  /** Of letters: `Edit`, `Replay` or `Drop`, each with what tells the letter from others. */
  letterButton(what: string): Locator;
  /** What is written of a fault in the list of checks, the newest of them. */
  check(fault: string): Locator;
  /** Keeps what is on the screen. */
  picture(name: string): Promise<void>;
}

/** out: of the page of what is open on this data. throws: when it has none in time */
export async function consoleUrlOf(dataDir: string): Promise<string> {
  const read = () => (readSession(dataDir) as { readonly console?: string } | undefined)?.console;
  await until(() => read() !== undefined, { what: "the console is open", withinMs: PATIENCE_MS });
  return read() as string;
}

interface BrowserOptions {
  /** Through which all goes. */
  readonly proxy?: string;
}

export const openBrowser = ({ proxy }: BrowserOptions = {}): Promise<Browser> =>
  chromium.launch({ ...chromiumLaunch(), ...(proxy === undefined ? {} : { proxy: { server: proxy } }) });

interface PageOptions {
  readonly url: string;
  /** Where pictures are kept. */
  readonly folder: string;
  readonly colorScheme?: "light" | "dark";
}

/** Opens it in a tab of its own, which knows nothing of others. */
export async function openConsolePage(browser: Browser, options: PageOptions): Promise<ConsolePage> {
  const { url, folder, colorScheme = "light" } = options;
  const context = await browser.newContext({ viewport: VIEWPORT, colorScheme, acceptDownloads: true });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // A story that has only begun is asked for again.
    const isEarly = message.text().includes("404") && message.location().url.includes("/story/");
    if (message.type() === "error" && !isEarly) complaints.push(message.text());
  });
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith("http") && origin !== new URL(url).origin) complaints.push(`asks ${request.url()}`);
  });
  await page.goto(url);
  const all = (rows: Locator, words: readonly string[]) =>
    words.reduce((some, word) => some.filter({ hasText: word }), rows);
  const rows = page.getByRole("table", { name: "Story" }).getByRole("row");
  return {
    page,
    complaints,
    go: (view) => page.getByRole("navigation").getByRole("link", { name: view }).click(),
    async open(route) {
      await page.goto(`${url}#/${route}`);
    },
    events: (...words) =>
      all(
        page
          .getByRole("feed", { name: "Events" })
          .or(page.getByRole("list", { name: "Events" }))
          .getByRole("link"),
        words,
      ),
    storyRows: (...words) => all(rows, words),
    storyRow: (app, type) =>
      rows.filter({ has: page.getByRole("button", { name: `${app} ${type}`, exact: true }) }).first(),
    region: (name) => page.getByRole("region", { name, exact: true }),
    button: (name) => page.getByRole("button", { name, exact: true }),
    letterButton: (what) => page.getByRole("button", { name: new RegExp(`^${what} [0-9a-f]{12}$`) }),
    check: (fault) =>
      page.getByRole("list", { name: "Checks" }).getByRole("listitem").filter({ hasText: fault }).first(),
    async picture(name) {
      await page.screenshot({ path: join(folder, `${name}.png`) });
    },
  };
}
