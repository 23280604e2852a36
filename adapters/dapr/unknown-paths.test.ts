import type { InjectOptions } from "fastify";
import { pino } from "pino";
import { expect, it, onTestFinished } from "vitest";
import { served, settings } from "../core/edge/test-orders.ts";
import { createEdgeApp } from "./edge.ts";
import { createTestPorts } from "./test-ports.ts";

const TOKEN = "a-secret-that-nobody-knows";
const HOLDER = { "dapr-api-token": TOKEN };

function start(token: string | undefined) {
  const lines: string[] = [];
  const app = createEdgeApp([served], {
    settings,
    ports: createTestPorts().ports,
    token,
    logger: pino({ level: "info" }, { write: (line: string) => lines.push(line) }),
  });
  onTestFinished(() => app.close());
  const ask = async (
    method: NonNullable<InjectOptions["method"]>,
    url: string,
    headers: Record<string, string> = {},
  ) => {
    const { statusCode, headers: answered, json } = await app.inject({ method, url, headers, payload: "{}" });
    return { status: statusCode, type: String(answered["content-type"]).split(";")[0], body: json() };
  };
  return { ask, warnings: () => lines.map((line) => JSON.parse(line)).filter(({ level }) => level >= 40) };
}

const strangers: readonly (readonly [string, Record<string, string>])[] = [
  ["no token", {}],
  ["another token", { "dapr-api-token": "another" }],
  ["the token elsewhere", { authorization: `Bearer ${TOKEN}` }],
];

it.each(strangers)("answers a stranger with %s by 404 and says nothing in the log", async (_what, headers) => {
  const { ask, warnings } = start(TOKEN);
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] as const)
    for (const path of ["/", "/wp-login.php", "/shipments2", "/orders/o-1/x", "/healthz/x", "/%2e%2e/x"]) {
      const { status, type, body } = await ask(method, path, headers);
      expect([method, path, status, type]).toEqual([method, path, 404, "application/problem+json"]);
      expect(body).toEqual({ type: "about:blank", status: 404, detail: "nothing is served here" });
    }
  expect(warnings()).toEqual([]);
});

it("logs of a path 200 characters at most, and no address in it", async () => {
  const { ask, warnings } = start(TOKEN);
  for (const path of [`/${"x".repeat(1_000)}`, "/mail/ada%40example.com"]) await ask("POST", path, HOLDER);
  expect(warnings().map(({ path }) => path)).toEqual([`/${"x".repeat(199)}`, "<address>"]);
});

it.each([
  ["a holder of the token", TOKEN, HOLDER],
  ["anybody, where there is none", undefined, {}],
])("answers %s by 503, which a sidecar repeats, and warns once for each path", async (_who, token, headers) => {
  const { ask, warnings } = start(token);
  for (let n = 0; n < 3; n++)
    for (const path of ["/orders2?x=1", "/billing", "/%zz"]) {
      const { status, body } = await ask("POST", path, headers);
      expect([path, status, body]).toEqual([path, 503, { status: "RETRY" }]);
    }
  expect(warnings().map(({ method, path, msg }) => [method, path, msg.split(":")[0]])).toEqual(
    ["/orders2", "/billing", "/%zz"].map((path) => ["POST", path, "nothing is served here"]),
  );
});

it("warns of no more than 100 paths", async () => {
  const { ask, warnings } = start(TOKEN);
  for (let n = 0; n < 120; n++) expect((await ask("POST", `/p-${n}`, HOLDER)).status).toBe(503);
  expect(warnings()).toHaveLength(100);
});

it.each([
  ["/%zz", 400],
  ["/orders/%", 400],
  ["/orders/%c3%28", 400],
  [`/orders/${"x".repeat(5_000)}`, 414],
  [`/${"x".repeat(5_000)}`, 404],
  ["/nothing", 404],
])("answers a path that cannot be read as a problem: %s", async (path, status) => {
  const { ask, warnings } = start(TOKEN);
  for (const method of ["GET", "PUT"] as const) {
    const { type, body } = await ask(method, path);
    expect([type, body]).toEqual([
      "application/problem+json",
      { type: "about:blank", status, detail: expect.any(String) },
    ]);
  }
  expect(warnings()).toEqual([]);
});
