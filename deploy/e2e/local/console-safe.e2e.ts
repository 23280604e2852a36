import { randomUUID } from "node:crypto";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Happening, Happenings } from "../../../adapters/local/console/api-types.ts";
import { childrenOf, createTestShop, type ShopProcess, type TestShop } from "../../../adapters/local/test-shop.ts";
import { chromium } from "../../engines/chromium.ts";
import { placeOne, placeOrders, until } from "../shop/orders.ts";
import { settle } from "../shop/settle.ts";
import { faultsOf } from "../shop/sums.ts";
import { consoleUrlOf, openBrowser, openConsolePage } from "../tools/console-page.ts";
import { startCutProxy } from "../tools/cut-proxy.ts";
import { followStream } from "../tools/event-stream.ts";
import { freshFolder, whyMissing } from "../tools/output.ts";

const SOON = { timeout: 60_000 };
const ORDERS = 100;
const CUTS = 5;

const folder = freshFolder("console-safe");
const missing = whyMissing("the console in Chromium", [chromium]);
let shop: TestShop;
let processes: readonly ShopProcess[];
let url: string;

beforeAll(async () => {
  shop = await createTestShop();
  processes = await shop.open();
  url = await consoleUrlOf(shop.dataDir);
});
afterAll(async () => {
  await shop?.close();
  shop?.forget();
});

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** Asks as no browser would let a page: `fetch` sets Host itself. in path: below the console's address, or from / on */
const ask = ({ path = "", method = "GET", headers = {}, body = "" }: Asked): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { port, pathname } = new URL(url);
    // As it is written: a URL would resolve "..".
    const whole = path.startsWith("/") ? path : pathname + path;
    const asked = request({ host: "127.0.0.1", port, path: whole, method, headers, agent: false }, (answer) => {
      const { statusCode: status = 0, headers: given } = answer;
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
        // A stream that is given to somebody is enough to know.
        if (given["content-type"]?.startsWith("text/event-stream")) answer.destroy();
      });
      answer.once("close", () => resolve({ status, headers: given, text }));
    });
    asked.once("error", reject);
    asked.end(body);
  });

const KILL = JSON.stringify({ do: "kill", what: "billing" });
const pids = () => childrenOf(processes[0]?.pid ?? 0).map(({ pid }) => pid);

describe("nobody but its own page is answered", () => {
  const port = () => new URL(url).port;
  const foreign = [
    ["of another Host, whose name leads here", () => ({ host: `console.example:${port()}` })],
    ["of another port's Host", () => ({ host: "127.0.0.1:1" })],
    ["of another Origin", () => ({ origin: "https://page.example" })],
    ["of another port's Origin", () => ({ origin: "http://127.0.0.1:1" })],
    ["of no Origin, as a sandboxed frame", () => ({ origin: "null" })],
    ["of another site", () => ({ "sec-fetch-site": "cross-site" })],
  ] as const;
  const asked: readonly Asked[] = [
    {},
    { path: "page.js" },
    { path: "system" },
    { path: "happenings?limit=1" },
    { path: "stream" },
    { path: "letters" },
    { method: "POST", path: "faults", headers: { "content-type": "application/json" }, body: KILL },
    { method: "POST", path: "say", headers: { "content-type": "application/json" }, body: "{}" },
  ];

  it.each(foreign)("%s", async (_who, toHeaders) => {
    const before = pids();
    for (const each of asked) {
      const { status, text } = await ask({ ...each, headers: { ...each.headers, ...toHeaders() } });
      expect([status >= 400 && status < 500, text.includes("billing")], each.path ?? "/").toEqual([true, false]);
    }
    expect(pids()).toEqual(before);
  });

  it.each([
    ["without a token", () => "/"],
    ["without a token, of what lies below it", () => "/happenings?limit=1"],
    ["with a token of the same length", () => `/${"0".repeat(new URL(url).pathname.length - 2)}/system`],
    ["with the beginning of its token", () => `${new URL(url).pathname.slice(0, -2)}/system`],
    ["by a way around it", () => `${new URL(url).pathname}../system`],
  ])("%s", async (_how, toPath) => {
    expect((await ask({ path: toPath() })).status).toBe(404);
  });

  it.each([
    ["a form", "application/x-www-form-urlencoded"],
    ["plain text, which any page may send", "text/plain"],
    ["nothing that it says", undefined],
  ])("who breaks something by %s", async (_what, type) => {
    const before = pids();
    const headers = type === undefined ? {} : { "content-type": type };
    const { status } = await ask({ method: "POST", path: "faults", headers, body: KILL });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(pids()).toEqual(before);
  });
});

it("what it answers is kept by nobody, runs no script but its own, and stands in no frame", async () => {
  const { status, headers } = await ask({});
  const policy = String(headers["content-security-policy"]);
  expect([status, headers["cache-control"], headers["x-content-type-options"]]).toEqual([200, "no-store", "nosniff"]);
  expect(policy).toMatch(/frame-ancestors 'none'/);
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  expect(headers["access-control-allow-origin"]).toBeUndefined();
});

it.skipIf(missing)(
  "another page of the same browser, which has even got hold of its address, reads nothing and breaks nothing",
  async () => {
    const before = pids();
    const other = createServer((_asked, reply) =>
      reply.writeHead(200, { "content-type": "text/html" }).end("<title>other</title>"),
    );
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void other.close());
    const browser = await openBrowser();
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
    const got = await page.evaluate(tryAll, { url, kill: KILL });
    expect(got).toEqual({
      read: "refused",
      kill: "refused",
      plain: "refused",
      stream: "refused",
      script: "refused",
      frame: "",
    });
    expect(pids()).toEqual(before);
  },
);

/** Runs in that page. */
async function tryAll({ url, kill }: { readonly url: string; readonly kill: string }) {
  const heard = (element: EventTarget) =>
    new Promise<string>((resolve) => {
      for (const name of ["load", "open", "error"])
        element.addEventListener(name, () => resolve(name === "error" ? "refused" : name));
    });
  const tried = (asked: Promise<Response>) =>
    asked.then(
      ({ type }) => type,
      () => "refused",
    );
  const post = { method: "POST", body: kill };
  // This file knows no DOM: it is run by Node.
  const { document, EventSource } = globalThis as never as {
    readonly document: { createElement(name: string): never; body: { append(node: never): void } };
    readonly EventSource: new (url: string) => EventTarget;
  };
  const added = async (name: string, source: string) => {
    const element = document.createElement(name) as EventTarget & { src: string; contentDocument?: { title: string } };
    element.src = source;
    document.body.append(element as never);
    const what = await heard(element);
    return { what, element };
  };
  return {
    read: await tried(fetch(`${url}system`)),
    kill: await tried(fetch(`${url}faults`, { ...post, headers: { "content-type": "application/json" } })),
    plain: await tried(fetch(`${url}faults`, { ...post, mode: "no-cors" })),
    stream: await heard(new EventSource(`${url}stream`)),
    script: (await added("script", `${url}page.js`)).what,
    frame: (await added("iframe", url)).element.contentDocument?.title ?? "",
  };
}

describe("a reconnect loses nothing", () => {
  it(`of ${ORDERS} orders, to whoever goes on behind the last id after each of ${CUTS} cuts`, async () => {
    const [newest] = await older({ limit: 1 });
    const first = newest?.id ?? 0;
    const got: Happening[] = [];
    let stream = await followStream(url, { after: first });
    const placing = placeOrders(shop.url, ORDERS);
    for (let cut = 0; cut < CUTS; cut++) {
      const from = stream.rows.length;
      await until(() => stream.rows.length > from + 50, { what: "it goes on" });
      stream.cut();
      got.push(...stream.rows);
      stream = await followStream(url, { lastEventId: stream.lastId() });
    }
    await placing.done;
    const sums = await settle(shop.url, {
      ids: [...placing.accepted.keys()],
      effectsLog: shop.effectsLog,
      withinMs: SOON.timeout,
    });
    expect(faultsOf(sums)).toEqual([]);
    const all = () => [...got, ...stream.rows];
    const ended = () =>
      new Set(
        all()
          .filter(({ kind, type, app }) => kind === "told" && app === "notification" && type?.includes("order.shipped"))
          .map(({ subject }) => subject),
      );
    // What the last of them logs is read a moment after its effect.
    await until(() => ended().size >= sums.shipped, { what: "all has come" });
    stream.cut();
    const ids = all().map(({ id }) => id);
    expect(ids.findIndex((id, index) => index > 0 && id <= (ids[index - 1] ?? 0))).toBe(-1);
    expect(ids).toEqual(await idsBetween(first, ids.at(-1) ?? 0));
    expect(ended().size).toBe(sums.shipped);
  });

  it.skipIf(missing)(
    "to a page whose connection breaks while an order is placed: it says so, and shows it when it is back",
    async () => {
      const proxy = await startCutProxy();
      onTestFinished(proxy.close);
      const browser = await openBrowser({ proxy: proxy.url });
      onTestFinished(() => browser.close());
      const at = await openConsolePage(browser, { url, folder });
      await at.events().first().waitFor(SOON);
      proxy.cut();
      const id = await placeOne(shop.url, { key: randomUUID(), sku: "tea" });
      await at.page.getByText("lost: trying again").first().waitFor(SOON);
      await at.picture("cut");
      expect(await at.events(id.slice(0, 8)).count()).toBe(0);
      proxy.mend();
      await at.events(id.slice(0, 8)).first().waitFor(SOON);
      await at.picture("back");
    },
  );
});

async function older({ before, limit }: { readonly before?: number; readonly limit: number }): Promise<Happenings> {
  const { text } = await ask({ path: `happenings?limit=${limit}${before === undefined ? "" : `&before=${before}`}` });
  return JSON.parse(text) as Happenings;
}

/** As the pages of what is kept have them, oldest first. */
async function idsBetween(first: number, last: number): Promise<readonly number[]> {
  const ids: number[] = [];
  for (let before = last + 1; ; ) {
    const page = (await older({ before, limit: 500 })).map(({ id }) => id).filter((id) => id > first);
    if (page.length === 0) return ids.toReversed();
    ids.push(...page);
    before = page.at(-1) as number;
  }
}
