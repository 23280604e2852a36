import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { openHistory } from "../../adapters/local/console/history.ts";
import { until } from "../e2e/shop/orders.ts";
import { consoleUrlOf, openBrowser, openConsolePage } from "../e2e/tools/console-page.ts";
import { chromium } from "../engines/chromium.ts";
import { folder } from "./flow.ts";
import { startLocalContender } from "./flow-local.ts";
import { requireEngines } from "./missing.ts";
import { median, type Section } from "./section.ts";

const EVENTS = 100_000;
/** Of each event: it is published, and delivered to two. */
const ROWS = 8;
const OPENED = 5;
const ORDERS_A_SECOND = 20;
const SECONDS = 10;

/** What somebody with a browser waits for: the page over much that has happened, and the page while much happens. */
export async function measureConsoleBrowser(): Promise<Section> {
  requireEngines("the console in Chromium", [chromium]);
  const dir = folder("console-browser");
  await fill(dir);
  const contender = await startLocalContender({ dir });
  const browser = await openBrowser();
  try {
    const url = await consoleUrlOf(dir);
    const opened: number[] = [];
    for (let time = 0; time < OPENED; time++) opened.push(await open(browser, { url, folder: dir }));
    const at = await openConsolePage(browser, { url, folder: dir });
    await at.events().first().waitFor();
    const frames = at.page.evaluate(watchFrames, SECONDS * 1_000);
    const placed: Promise<string>[] = [];
    const started = performance.now();
    for (let number = 0; number < ORDERS_A_SECOND * SECONDS; number++) {
      await pause(Math.max(0, started + (number * 1_000) / ORDERS_A_SECOND - performance.now()));
      placed.push(contender.place(randomUUID()));
    }
    const last = (await Promise.all(placed)).at(-1) ?? "";
    await at.events(last.slice(0, 8), "order.shipped").first().waitFor();
    const gaps = await frames;
    await at.picture("pace");
    return toSection(opened, gaps);
  } finally {
    await browser.close();
    await contender.stop();
  }
}

/** ms until the newest events stand on the screen. */
async function open(browser: Browser, options: Parameters<typeof openConsolePage>[1]): Promise<number> {
  const started = performance.now();
  const at = await openConsolePage(browser, options);
  await at.events().first().waitFor();
  const taken = performance.now() - started;
  await at.page.context().close();
  return taken;
}

/** Runs in the page. out: ms between its frames */
function watchFrames(ms: number): Promise<readonly number[]> {
  const { requestAnimationFrame } = globalThis as never as { requestAnimationFrame(next: () => void): void };
  return new Promise((resolve) => {
    const gaps: number[] = [];
    const started = performance.now();
    let before = started;
    const frame = () => {
      const now = performance.now();
      gaps.push(now - before);
      before = now;
      if (now - started < ms) requestAnimationFrame(frame);
      else resolve(gaps);
    };
    requestAnimationFrame(frame);
  });
}

/** As if so many events had happened. */
async function fill(dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const history = openHistory(join(dir, "history.db"));
  const at = Date.now() - EVENTS;
  for (let number = 0; number < EVENTS; number++) {
    const event = {
      ...{ topic: "orders", entry: number, event: randomUUID(), type: "com.example.bench.filled.v1" },
      ...{ subject: `filled-${number >> 3}`, correlation: `filled-${number >> 3}` },
    };
    const row = (kind: "published" | "delivered" | "answered" | "told" | "saved", more: object) =>
      history.append(
        { at: at + number, kind, ...event, ...more },
        kind === "published" ? JSON.stringify(event) : undefined,
      );
    row("published", { app: "order" });
    for (const app of ["billing", "notification"]) {
      row("delivered", { app, attempt: 1 });
      row("answered", { app, attempt: 1, outcome: "success", ms: 5 });
      row("told", { app, outcome: "ack", how: "handled", ms: 4 });
    }
    row("saved", { app: "billing", key: `billing||${number}` });
    // It is written in turns.
    if (number % 1_000 === 999) await pause(0);
  }
  await until(() => history.last >= EVENTS * ROWS, { what: "it is filled", everyMs: 20 });
  history.close();
}

function toSection(opened: readonly number[], gaps: readonly number[]): Section {
  const sorted = gaps.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const count = EVENTS.toLocaleString("en");
  return {
    title: "The console in Chromium",
    head: [
      `ms until it shows the newest of ${count} events`,
      "frames a second",
      "ms between frames: half",
      "99 %",
      "all",
    ],
    rows: [[median(opened), gaps.length / SECONDS, at(0.5), at(0.99), at(1)].map((value) => value.toFixed(0))],
    bars: [
      { what: `ms until the newest of ${count} events are on the screen`, value: Math.min(...opened), most: 1_000 },
      { what: `ms between frames at ${ORDERS_A_SECOND} orders a second, 99 %`, value: at(0.99), most: 200 },
    ],
  };
}
