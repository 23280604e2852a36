import { describe, expect, it } from "vitest";
import { check, JSON_TYPE, Opened, openTestConsole, send, status, TOKEN } from "./test-console.ts";

const FILES = ["", "page.js", "page.css"];

describe("the page", () => {
  it("loads nothing from elsewhere, and runs nothing that stands in it", async () => {
    const { url } = await openTestConsole();
    const { headers } = await fetch(url);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).not.toMatch(/unsafe|\*|http|'nonce|'sha/);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    const html = await (await fetch(url)).text();
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|style=/);
  });

  it("names no other address", async () => {
    const { url } = await openTestConsole();
    const texts = await Promise.all(FILES.map(async (file) => (await fetch(url + file)).text()));
    // Names of namespaces are no addresses, though they look like them.
    const named = texts.flatMap((each) => each.match(/(https?:|wss?:)?\/\/[a-z0-9.-]+\.[a-z]{2,}[^"'` ]*/gi) ?? []);
    expect(named.filter((address) => !address.startsWith("http://www.w3.org/"))).toEqual([]);
  });

  it("has less than 150 KB before it is packed, and is sent packed", async () => {
    const { url } = await openTestConsole();
    const answers = await Promise.all(FILES.map((file) => fetch(url + file)));
    expect(
      answers.map(({ status, headers }) => [status, headers.get("content-type"), headers.get("content-encoding")]),
    ).toEqual(["html", "javascript", "css"].map((type) => [200, `text/${type}; charset=utf-8`, "gzip"]));
    const sizes = await Promise.all(answers.map(async (answer) => (await answer.arrayBuffer()).byteLength));
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(150 * 1024);
  });

  it("is sent as it is to whoever takes nothing else", async () => {
    const { port } = await openTestConsole();
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
    ["what is pending", "pending", { events: [], more: 0 }],
    ["what has happened, the newest first", "happenings?limit=2", [{ id: 3 }, { id: 2 }]],
    ["what happened before", "happenings?before=2&limit=9", [{ id: 1 }]],
    ["what happened of one kind", "happenings?kind=saved&app=", []],
    ["a story", "story/known", { asked: "known", happenings: [{ id: 1 }] }],
    ["a body", "body/1", { text: "{}" }],
    ["letters", "letters", { groups: [], letters: [] }],
    ["a letter", "letters/ab%2Fcd", { text: "ab/cd" }],
  ])("%s", async (_what, path, expected) => {
    const { url, history } = await openTestConsole();
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
    const { url } = await openTestConsole();
    const answer = await fetch(url + path, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body) ?? "{" });
    expect([answer.status, await answer.json()]).toMatchObject([expected, answered]);
  });

  it("has no faults where nothing can be broken", async () => {
    const { url } = await openTestConsole({ canBreak: false });
    expect(await (await fetch(`${url}system`)).json()).toMatchObject({ faults: [] });
    const asked = { method: "POST", headers: JSON_TYPE, body: JSON.stringify({ do: "kill", what: "first" }) };
    expect((await fetch(`${url}faults`, asked)).status).toBe(404);
  });

  it.each(["story/unknown", "body/9", "nowhere", "system/more"])("says that %s is not there", async (path) => {
    const { url } = await openTestConsole();
    const answer = await fetch(url + path);
    expect([answer.status, await answer.json()]).toEqual([404, { error: expect.any(String) }]);
  });

  it("takes no more than an event may have", async () => {
    const { port } = await openTestConsole();
    const body = " ".repeat(5 * 1024 * 1024 + 1);
    const answer = await send(port, { method: "POST", path: `/${TOKEN}/say`, headers: JSON_TYPE, body });
    expect(answer.status).toBe(413);
  });
});
