import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { check, JSON_TYPE, openTestConsole, type Sent, send, TOKEN } from "./test-console.ts";

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
    const { port } = await openTestConsole();
    const answer = await send(port, typeof sent === "function" ? sent(port) : sent);
    expect(answer.status).toBe(expected);
    expect(answer.headers).toMatchObject({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
    expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
    if (expected !== 200) expect(answer.text).not.toContain(TOKEN);
  });

  it("does nothing of what it refuses", async () => {
    const { port } = await openTestConsole();
    const body = JSON.stringify({ do: "kill", what: "first" });
    const foreign = { ...JSON_TYPE, origin: "http://evil.example" };
    expect((await send(port, { method: "POST", path: at("faults"), headers: foreign, body })).text).not.toContain(
      check.must,
    );
  });

  it("listens for this machine alone", async () => {
    const { port } = await openTestConsole();
    const socket = connect({ host: "127.0.0.2", port });
    const [error] = await once(socket, "error");
    expect(error.code).toBe("ECONNREFUSED");
  });

  it("takes the next port where the first is not free", async () => {
    const { port } = await openTestConsole();
    const next = await openTestConsole({ port });
    expect(next.port).toBeGreaterThan(port);
  });
});
