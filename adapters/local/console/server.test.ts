import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import * as v from "valibot";
import { describe, expect, it, onTestFinished } from "vitest";
import { defineEvent, defineFunction, when } from "../../../functions/kernel/define.ts";
import { defineSystem } from "../../../functions/kernel/system.ts";
import type { Check, Status } from "./api-types.ts";
import type { Commands } from "./commands.ts";
import { FaultRefused, type Faults } from "./faults-types.ts";
import { openConsole } from "./server.ts";
import { createTestHistory } from "./test-history.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const Opened = defineEvent({
  type: "org.example.opened.v1",
  topic: "things",
  data: v.object({ id: v.string(), name: v.pipe(v.string(), v.metadata({ personal: true }) as never) }),
  subject: ({ id }) => id,
});
const system = defineSystem({
  name: "s",
  functions: [defineFunction({ name: "first", on: [when(Opened, () => ({}))] })],
});
const status = {
  services: [],
  letters: 0,
} as unknown as Status;
const check: Check = { id: 1, at: 0, fault: "kill first", must: "It is up again.", state: "watching" };
const faults: Faults = {
  async do({ do: doing }) {
    if (doing === "stop") throw new FaultRefused("first is stopped already");
    return check;
  },
  checks: () => [check],
  broken: () => [],
};
const commands = {
  letters: async () => ({ groups: [], letters: [] }),
  letter: async (digest: string) => ({ text: digest }),
  act: async () => ({ results: [], command: "npm run dead" }),
  say: async () => ({ id: "e-1", topic: "things" }),
} satisfies Commands;

async function open({ canBreak = true } = {}) {
  const history = createTestHistory();
  const console = await openConsole({
    ...{ history, system, commands, port: 0, token: TOKEN, started: 7, catalogue: [Opened] },
    status: { read: () => status, close() {} },
    services: () => [{ name: "first", url: "http://127.0.0.1:1" }],
    faults: () => (canBreak ? faults : undefined),
  });
  onTestFinished(() => console.close());
  return { history, url: console.url, port: Number(new URL(console.url).port) };
}

interface Sent {
  readonly method?: string;
  /** As it stands in the request: no client resolves it. */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function send(port: number, { method = "GET", path = "/", headers = {}, body = "" }: Sent) {
  const sent = request({ host: "127.0.0.1", port, method, path, headers });
  sent.end(body);
  const [response] = await once(sent, "response");
  return { status: response.statusCode as number, headers: response.headers, text: await text(response) };
}

const JSON_TYPE = { "content-type": "application/json" };

describe("only its own page gets in", () => {
  const at = (path: string) => `/${TOKEN}/${path}`;
  it.each<[string, number, Sent | ((port: number) => Sent)]>([
    ["its address", 200, { path: at("") }],
    ["the same by localhost", 200, (port) => ({ path: at(""), headers: { host: `localhost:${port}` } })],
    [
      "what the page asks",
      200,
      (port) => ({
        path: at("status"),
        headers: { origin: `http://127.0.0.1:${port}`, "sec-fetch-site": "same-origin" },
      }),
    ],
    [
      "a link of another page",
      200,
      {
        path: at(""),
        headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
      },
    ],
    [
      "a foreign Host, which a name of another machine brings",
      403,
      (port) => ({ path: at("status"), headers: { host: `evil.example:${port}` } }),
    ],
    ["a Host with another port", 403, { path: at("status"), headers: { host: "127.0.0.1:1" } }],
    ["an Origin of another page", 403, { path: at("status"), headers: { origin: "http://evil.example" } }],
    ["an Origin that is none", 403, { path: at("status"), headers: { origin: "null" } }],
    [
      "an Origin by the other name",
      403,
      (port) => ({ path: at("status"), headers: { origin: `http://localhost:${port}` } }),
    ],
    ["a fetch of another site", 403, { path: at("status"), headers: { "sec-fetch-site": "cross-site" } }],
    [
      "a fetch of another port of this machine",
      403,
      { path: at("status"), headers: { "sec-fetch-site": "same-site" } },
    ],
    [
      "a script of another page",
      403,
      {
        path: at("page.js"),
        headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script" },
      },
    ],
    [
      "a frame of another page",
      403,
      {
        path: at(""),
        headers: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
      },
    ],
    ["no token", 404, { path: "/" }],
    ["no token before a path", 404, { path: "/status" }],
    ["a token without its slash", 404, { path: `/${TOKEN}` }],
    ["another token", 404, { path: `/${TOKEN.replace("0", "1")}/status` }],
    ["a longer token", 404, { path: `/${TOKEN}0/status` }],
    ["a token behind another", 404, { path: `/x/../${TOKEN}/status` }],
    ["an address of somewhere else, as a proxy gets it", 404, { path: `http://evil.example/${TOKEN}/status` }],
    ["a path out of the page", 404, { path: at("../server.ts") }],
    ["a path out of the page that is encoded", 404, { path: at("..%2f..%2f..%2fpackage.json") }],
    ["a source of the page", 404, { path: at("main.tsx") }],
    ["a path that cannot be decoded", 404, { path: at("story/%zz") }],
    ["a name that every object has", 404, { path: at("constructor") }],
    ["a method that changes nothing here", 405, { method: "PUT", path: at("faults"), headers: JSON_TYPE }],
    [
      "a question before a request of another page",
      403,
      {
        method: "OPTIONS",
        path: at("faults"),
        headers: { origin: "http://evil.example", "access-control-request-method": "POST" },
      },
    ],
    [
      "text, which every page may send unasked",
      415,
      { method: "POST", path: at("faults"), headers: { "content-type": "text/plain" }, body: "{}" },
    ],
    [
      "a form",
      415,
      { method: "POST", path: at("say"), headers: { "content-type": "application/x-www-form-urlencoded" } },
    ],
    ["what has no type", 415, { method: "POST", path: at("say") }],
  ])("%s: %i", async (_what, expected, sent) => {
    const { port } = await open();
    const answer = await send(port, typeof sent === "function" ? sent(port) : sent);
    expect(answer.status).toBe(expected);
    expect(answer.headers).toMatchObject({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
    expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
    if (expected !== 200) expect(answer.text).not.toContain(TOKEN);
  });

  it("does nothing of what it refuses", async () => {
    const { port } = await open();
    const body = JSON.stringify({ do: "kill", what: "first" });
    const foreign = { ...JSON_TYPE, origin: "http://evil.example" };
    expect((await send(port, { method: "POST", path: at("faults"), headers: foreign, body })).text).not.toContain(
      check.must,
    );
  });

  it("listens for this machine alone", async () => {
    const { port } = await open();
    const socket = connect({ host: "127.0.0.2", port });
    const [error] = await once(socket, "error");
    expect(error.code).toBe("ECONNREFUSED");
  });

  it("takes the next port where the first is not free", async () => {
    const { port } = await open();
    const next = await openConsole({
      ...{ history: createTestHistory(), system, commands, port, token: TOKEN, started: 7, catalogue: [] },
      ...{ status: { read: () => status, close() {} }, services: () => [], faults: () => undefined },
    });
    onTestFinished(() => next.close());
    expect(Number(new URL(next.url).port)).toBeGreaterThan(port);
  });
});

const FILES = ["", "page.js", "page.css"];

describe("the page", () => {
  it("loads nothing from elsewhere, and runs nothing that stands in it", async () => {
    const { url } = await open();
    const { headers } = await fetch(url);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).not.toMatch(/unsafe|\*|http|'nonce|'sha/);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    const html = await (await fetch(url)).text();
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|style=/);
  });

  it("names no other address", async () => {
    const { url } = await open();
    const texts = await Promise.all(FILES.map(async (file) => (await fetch(url + file)).text()));
    // Names of namespaces are no addresses, though they look like them.
    const named = texts.flatMap((each) => each.match(/(https?:|wss?:)?\/\/[a-z0-9.-]+\.[a-z]{2,}[^"'` ]*/gi) ?? []);
    expect(named.filter((address) => !address.startsWith("http://www.w3.org/"))).toEqual([]);
  });

  it("has less than 150 KB before it is packed, and is sent packed", async () => {
    const { url } = await open();
    const answers = await Promise.all(FILES.map((file) => fetch(url + file)));
    expect(
      answers.map(({ status, headers }) => [status, headers.get("content-type"), headers.get("content-encoding")]),
    ).toEqual(["html", "javascript", "css"].map((type) => [200, `text/${type}; charset=utf-8`, "gzip"]));
    const sizes = await Promise.all(answers.map(async (answer) => (await answer.arrayBuffer()).byteLength));
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(150 * 1024);
  });

  it("is sent as it is to whoever takes nothing else", async () => {
    const { port } = await open();
    const { headers, text } = await send(port, { path: `/${TOKEN}/` });
    expect(headers).not.toHaveProperty("content-encoding");
    expect(text).toContain("<!doctype html>");
  });
});

describe("what the page asks for", () => {
  it.each<[string, string, unknown]>([
    [
      "the system",
      "system",
      {
        name: "s",
        started: 7,
        functions: [{ name: "first", hears: [{ topic: "things", type: Opened.type }] }],
        types: [{ type: Opened.type, topic: "things", personal: ["name"] }],
      },
    ],
    ["how it stands", "status", status],
    ["what has happened, the newest first", "happenings?limit=2", [{ id: 3 }, { id: 2 }]],
    ["what happened before", "happenings?before=2&limit=9", [{ id: 1 }]],
    ["what happened of one kind", "happenings?kind=saved&app=", []],
    ["a story", "story/known", { asked: "known", happenings: [{ id: 1 }] }],
    ["a body", "body/1", { text: "{}" }],
    ["letters", "letters", { groups: [], letters: [] }],
    ["a letter", "letters/ab%2Fcd", { text: "ab/cd" }],
  ])("%s", async (_what, path, expected) => {
    const { url, history } = await open();
    history.happen(3);
    const answer = await fetch(url + path);
    expect([answer.status, await answer.json()]).toMatchObject([200, expected]);
  });

  it.each<[string, string, unknown, number, unknown]>([
    ["a fault", "faults", { do: "kill", what: "first" }, 200, check],
    [
      "a fault that cannot be done now",
      "faults",
      { do: "stop", what: "first" },
      409,
      { error: "first is stopped already" },
    ],
    ["what is said", "say", { type: Opened.type, data: { id: "1" } }, 200, { id: "e-1", topic: "things" }],
    [
      "what is said in two ways",
      "say",
      { type: Opened.type, data: {}, text: "" },
      400,
      { error: "must have one of data, event and text" },
    ],
    ["letters", "letters", { do: "drop", digests: ["0123456789ab"] }, 200, { results: [] }],
    ["letters that would be an option", "letters", { do: "drop", digests: ["--help"] }, 400, {}],
    ["no letter", "letters", { do: "drop", digests: [] }, 400, {}],
    ["what is no JSON", "say", undefined, 400, { error: "the body: must be JSON" }],
    ["what is not there", "status", {}, 404, {}],
  ])("%s, to be done", async (_what, path, body, expected, answered) => {
    const { url } = await open();
    const answer = await fetch(url + path, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body) ?? "{" });
    expect([answer.status, await answer.json()]).toMatchObject([expected, answered]);
  });

  it("has no faults where nothing can be broken", async () => {
    const { url } = await open({ canBreak: false });
    expect(await (await fetch(`${url}system`)).json()).toMatchObject({ faults: [] });
    const asked = { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ do: "kill", what: "first" }) };
    expect((await fetch(`${url}faults`, asked)).status).toBe(404);
  });

  it.each(["story/unknown", "body/9", "nowhere", "system/more"])("says that %s is not there", async (path) => {
    const { url } = await open();
    const answer = await fetch(url + path);
    expect([answer.status, await answer.json()]).toEqual([404, { error: expect.any(String) }]);
  });

  it("takes no more than an event may have", async () => {
    const { port } = await open();
    const body = " ".repeat(5 * 1024 * 1024 + 1);
    const answer = await send(port, { method: "POST", path: `/${TOKEN}/say`, headers: JSON_TYPE, body });
    expect(answer.status).toBe(413);
  });
});
