import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { expect, it, onTestFinished } from "vitest";
import { audit } from "./audit.ts";

const ROOT = join(import.meta.dirname, "../..");
const URL = "https://advisories.example/1";
const advisory = (severity: string) => ({
  id: 1,
  url: URL,
  title: "A title",
  severity,
  vulnerable_versions: ">=0",
  cwe: [],
  cvss: { score: 0, vectorString: null },
});

/** A registry that knows no more than this, and what it was asked about. */
async function start(status: number, answer: string) {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    if (request.url !== "/-/npm/v1/security/advisories/bulk") return void response.writeHead(404).end("{}");
    const isPacked = request.headers["content-encoding"] === "gzip";
    asked.push(...Object.keys(JSON.parse(String(isPacked ? gunzipSync(body) : body))));
    response.writeHead(status, { "content-type": "application/json" }).end(answer);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { asked, registry: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

it("knows no vulnerability: clean, and every package of production was asked about", async () => {
  const { asked, registry } = await start(200, "{}");
  expect(await audit({ registry, folder: ROOT })).toEqual({
    kind: "clean",
    line: "npm audit: nothing high or critical, 0 less than that",
  });
  expect(asked).toEqual(expect.arrayContaining(["@google-cloud/functions-framework", "express", "fastify", "pino"]));
});

it.each([
  ["critical in what production needs", "fastify", "critical", "vulnerable", `npm audit: fastify (critical): ${URL}`],
  ["high in what brings it along", "valibot", "high", "vulnerable", `npm audit: valibot (high): ${URL}`],
  ["moderate", "valibot", "moderate", "clean", "npm audit: nothing high or critical, 1 less than that"],
  [
    "critical in a tool of ours",
    "esbuild",
    "critical",
    "clean",
    "npm audit: nothing high or critical, 0 less than that",
  ],
])("knows one that is %s", async (_what, name, severity, kind, line) => {
  const { registry } = await start(200, JSON.stringify({ [name]: [advisory(severity)] }));
  expect(await audit({ registry, folder: ROOT })).toEqual({ kind, line });
});

it("hears that a severity was raised", async () => {
  const kinds = [];
  for (const severity of ["low", "high"]) {
    const { registry } = await start(200, JSON.stringify({ valibot: [advisory(severity)] }));
    kinds.push((await audit({ registry, folder: ROOT })).kind);
  }
  expect(kinds).toEqual(["clean", "vulnerable"]);
});

it.each([
  ["does not take the question", 405, "", "405 Method Not Allowed"],
  ["knows no such question", 404, "{}", "404 Not Found"],
  ["says something else", 200, "<html>", "invalid json"],
])("a registry that %s has not answered: said in a line, no failure", async (_what, status, answer, why) => {
  const { registry } = await start(status, answer);
  const { kind, line } = await audit({ registry, folder: ROOT });
  expect([kind, line.split("\n").length]).toEqual(["not answered", 1]);
  expect(line.startsWith(`npm audit: not answered: ${why}`)).toBe(true);
});

it("a registry that is away has not answered", async () => {
  const { kind, line } = await audit({ registry: "http://127.0.0.1:1", folder: ROOT });
  expect(kind).toBe("not answered");
  expect(line).toContain("ECONNREFUSED");
});

it("a folder without a lock file is our own fault", async () => {
  // Not inside the project, whose lock file npm would find.
  const folder = mkdtempSync(join(tmpdir(), "loosely-audit-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await expect(audit({ registry: "http://127.0.0.1:1", folder })).rejects.toThrow("ENOLOCK");
});
