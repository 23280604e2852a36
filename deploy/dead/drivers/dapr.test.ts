import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createMemoryLedger } from "../../../adapters/core/ledger/memory-ledger.ts";
import type { Said } from "../../../adapters/core/relay/publish.ts";
import { createKeeperApp } from "../../../adapters/dapr/keeper/app.ts";
import { createLetters } from "../../../adapters/dapr/keeper/letters.ts";
import { createReplaying } from "../../../adapters/dapr/keeper/replay.ts";
import type { Sidecar } from "../../../adapters/dapr/sidecar-client.ts";
import { system } from "../../../functions/index.ts";
import type { Driver, Filter, Held, Letter } from "../letter.ts";
import { letterBytes, SECRET, toHeld } from "../test-letters.ts";
import { openDapr } from "./dapr.ts";

const TOKEN = "of-tests";
const EVENT = { specversion: "1.0", source: "/t", type: "com.example.test.v1" };
const body = letterBytes({});
const letterOf = (n: number): Letter => ({ ...toHeld(body).letter, digest: `${n}`.repeat(64), eventId: `e-${n}` });
const letters = [1, 2, 3].map(letterOf);

let server: Server;
let asked: string[];
let told: unknown[];
let answer: { readonly status: number; readonly body: object } | undefined;
beforeEach(async () => {
  [asked, told, answer] = [[], [], undefined];
  server = createServer(async (incoming, outgoing) => {
    const { method, url = "", headers } = incoming;
    asked.push(`${method} ${url}`);
    const said = await text(incoming);
    if (said) told.push(JSON.parse(said));
    const isLetIn = headers["dapr-api-token"] === TOKEN;
    const { status, body } = isLetIn ? (answer ?? answerTo(url, method)) : { status: 401, body: {} };
    outgoing.writeHead(status).end(status === 204 ? "" : JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterEach(() => {
  server.close();
  server.closeAllConnections();
});

/** As the keeper does. */
function answerTo(url: string, method = "GET") {
  const { pathname, searchParams } = new URL(url, "http://keeper");
  if (method !== "GET") return { status: 204, body: {} };
  if (pathname === "/letters/groups")
    return { status: 200, body: { total: 0, groups: [{ code: "schema", count: 7 }] } };
  if (pathname !== "/letters") {
    const found = letters.find(({ digest }) => digest.startsWith(pathname.split("/")[2] ?? "?"));
    if (!found) return { status: 404, body: { status: 404, detail: "letter: is not here" } };
    return { status: 200, body: { ...found, body: body.toString("base64") } };
  }
  const at = Number(searchParams.get("cursor") ?? 0);
  const more = at + 2 < letters.length ? { cursor: String(at + 2) } : {};
  return { status: 200, body: { letters: letters.slice(at, at + 2), ...more } };
}

const open = (env: Readonly<Record<string, string>> = { APP_API_TOKEN: TOKEN }, url?: string): Promise<Driver> => {
  const port = (server.address() as AddressInfo).port;
  return openDapr({ at: { url: url ?? `http://127.0.0.1:${port}/` }, system, env });
};

async function all(driver: Driver, filter: Filter = {}): Promise<Held[]> {
  const found: Held[] = [];
  for await (const held of driver.letters(filter)) found.push(held);
  return found;
}

describe("the letters of a keeper", () => {
  it("are read page after page, with the filter that was asked for", async () => {
    const found = await all(await open(), { function: "billing", since: Date.parse("2026-11-28T10:00:00Z") });
    expect(found.map(({ letter }) => letter.eventId)).toEqual(["e-1", "e-2", "e-3"]);
    const query = "function=billing&since=2026-11-28T10%3A00%3A00.000Z&limit=200";
    expect(asked).toEqual([`GET /letters?${query}`, `GET /letters?${query}&cursor=2`]);
  });

  it("are asked for by their ID alone, and one that is not there is none", async () => {
    const found = await all(await open(), { ids: ["22222222", "99999999"] });
    expect(found.map(({ letter }) => letter.eventId)).toEqual(["e-2"]);
    expect(Buffer.from((await found[0]?.body()) ?? "")).toEqual(body);
    expect(asked).toEqual(["GET /letters/22222222", "GET /letters/99999999"]);
  });

  it("are those of the IDs that the filter wants as well, each once", async () => {
    const driver = await open();
    const ids = ["22222222", "2222222222"];
    expect(await all(driver, { ids })).toHaveLength(1);
    expect(await all(driver, { ids, code: "handler" })).toEqual([]);
  });

  it("are counted by the keeper", async () => {
    expect(await (await open()).groups?.({ code: "schema" })).toEqual([{ code: "schema", count: 7 }]);
    expect(asked).toEqual(["GET /letters/groups?code=schema"]);
  });

  it.each([
    ["where it died by its seal", { topic: "orders" }, {}],
    ["where somebody says", { topic: "bills" }, { topic: "bills" }],
    ["as it was edited", { topic: "orders", event: Buffer.from("{}") }, { event: "e30=" }],
  ])("are sent %s", async (_what, to, said) => {
    const driver = await open();
    const [held] = await all(driver);
    await driver.replay(held as Held, to);
    expect([asked.at(-1), told]).toEqual([`POST /letters/${letters[0]?.digest}/replay`, [said]]);
  });

  it("are dropped by their digest", async () => {
    const driver = await open();
    const [held] = await all(driver);
    await driver.drop(held as Held);
    expect(asked.at(-1)).toBe(`DELETE /letters/${letters[0]?.digest}`);
  });

  it("say why one cannot be replayed, as the keeper does", async () => {
    const driver = await open();
    const [held] = await all(driver);
    answer = { status: 409, body: { status: 409, detail: "topic: must be named", code: "unsealed" } };
    await expect(driver.replay(held as Held, { topic: "orders" })).rejects.toThrow("409 topic: must be named");
  });
});

describe("the keeper itself", () => {
  it("lists, shows, replays and drops, as it is asked here", async () => {
    const said: Said[] = [];
    const letters = createLetters(createMemoryLedger());
    const sidecar: Sidecar = { call: async () => ({ status: 204, headers: {}, text: "" }), close: async () => {} };
    const publish = async (events: readonly Said[]) => void said.push(...events);
    const replaying = createReplaying({
      sidecar,
      publish,
      pubsubName: "pubsub",
      topics: ["orders"],
      functions: ["billing"],
    });
    const app = createKeeperApp({ letters, replaying, secret: SECRET, token: TOKEN, deadlineMs: 5_000 });
    onTestFinished(() => app.close());
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    for (const [id, secret] of [
      ["e-1", SECRET],
      ["e-2", undefined],
      ["e-3", SECRET],
    ] as const) {
      const kept = await fetch(`${url}/dead-letters`, {
        method: "POST",
        headers: { "dapr-api-token": TOKEN, "content-type": "application/cloudevents+json" },
        body: String(letterBytes({ event: { id }, secret })),
      });
      expect(kept.status).toBe(200);
    }
    const driver = await open(undefined, url);
    const found = await all(driver, { code: "schema", since: 0 });
    const named = (id: string) => found.find(({ letter }) => letter.eventId === id) as Held;
    const [one, two, three] = [named("e-1"), named("e-2"), named("e-3")];
    expect([one, two, three].map(({ letter, place }) => [letter.eventId, place])).toEqual([
      ["e-1", "orders"],
      ["e-2", undefined],
      ["e-3", "orders"],
    ]);
    expect(await driver.groups?.({ function: "billing" })).toMatchObject([{ code: "schema", count: 3 }]);
    expect(JSON.parse(Buffer.from(await one.body()).toString())).toMatchObject({ id: "e-1", deadcode: "schema" });
    await driver.replay(one, { topic: "orders" });
    await driver.replay(two, { topic: "orders", event: Buffer.from(JSON.stringify({ ...EVENT, id: "e-2", data: 2 })) });
    await driver.drop(three);
    expect(said.map(({ topic, body }) => [topic, JSON.parse(body)])).toMatchObject([
      ["orders", { id: "e-1", replayof: one.letter.digest, replayfor: "billing" }],
      ["orders", { id: "e-2", data: 2, replayof: two.letter.digest }],
    ]);
    expect(await all(driver)).toEqual([]);
    expect(await all(driver, { ids: [one.letter.digest.slice(0, 8)] })).toEqual([]);
  });
});

describe("a keeper that cannot be asked", () => {
  it.each([
    ["without a token", {}, undefined, /^APP_API_TOKEN: must be set/],
    ["with another token", { APP_API_TOKEN: "another" }, undefined, /^APP_API_TOKEN: is not that of the keeper/],
    ["where nobody listens", { APP_API_TOKEN: TOKEN }, "http://127.0.0.1:1", /^http:\/\/127\.0\.0\.1:1: no answer: /],
  ])("says so %s", async (_what, env, url, message) => {
    await expect(async () => all(await open(env as Readonly<Record<string, string>>, url))).rejects.toThrow(message);
  });

  it.each([
    ["is no URL", "nope", /^--url: must be a URL/],
    ["has no host", "keeper:8080", /^--url: must be a URL/],
  ])("says so where its address %s", async (_what, url, message) => {
    await expect(open(undefined, url)).rejects.toThrow(message);
  });

  it("says so where somebody else answers, and follows nobody with its token", async () => {
    server.removeAllListeners("request");
    server.on("request", (_incoming, outgoing) => outgoing.end("<html>"));
    await expect(async () => all(await open())).rejects.toThrow(/^--url: must be that of the keeper/);
    const elsewhere = createServer((_incoming, outgoing) => {
      asked.push("elsewhere");
      outgoing.end("{}");
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void elsewhere.close());
    await once(elsewhere, "listening");
    const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
    server.removeAllListeners("request");
    server.on("request", (_incoming, outgoing) => outgoing.writeHead(307, { location }).end());
    await expect(async () => all(await open())).rejects.toThrow(/^307/);
    expect(asked).toEqual([]);
  });

  it("wants to know where it is, once", async () => {
    const options = { system, env: { APP_API_TOKEN: TOKEN } };
    await expect(openDapr({ ...options, at: {} })).rejects.toThrow(/--url: must be given, or --namespace/);
    await expect(openDapr({ ...options, at: { url: "http://x", namespace: "y" } })).rejects.toThrow(/not both/);
  });
});
