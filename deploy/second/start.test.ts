import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Started, startSystem } from "../../adapters/local/launcher.ts";
import { createQuiet } from "../../adapters/local/quiet.ts";
import { servicesOf } from "../../adapters/local/services-of.ts";
import { renderInto } from "../generate/render.ts";
import { SECOND } from "./sources.ts";

const ROOT = join(import.meta.dirname, "../..");
const { system } = SECOND;
const folder = mkdtempSync(join(tmpdir(), "loosely-second-"));
const quiet = createQuiet(system);
let started: Started;

/** As `npm start` runs ours: on what is rendered of it. */
beforeAll(async () => {
  cpSync(join(ROOT, "deploy"), join(folder, "deploy"), {
    recursive: true,
    filter: (path) => !/\/deploy\/(e2e|bench|second)(\/|$)/.test(path),
  });
  for (const [path, text] of renderInto(folder, system)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  started = await startSystem({
    system: system.name,
    services: servicesOf(system),
    program: join(import.meta.dirname, "main.ts"),
    resources: ["resources", "brokers/redis"].map((part) => join(folder, "deploy/dapr", part)),
    port: 0,
    dataDir: join(folder, "data"),
    onLine: quiet.hear,
    onTrouble: (text) => process.stdout.write(`${text}\n`),
  });
}, 60_000);
afterAll(async () => {
  await started?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const urlOf = (name: string) => started.services.find((service) => service.name === name)?.url;

it("a ride goes its way to the end: a driver, a fare, a payout, points and a receipt", async () => {
  const placed = await fetch(`${urlOf("rides")}/rides`, { method: "POST" });
  expect(placed.status).toBe(202);
  expect([await quiet.within(20_000), quiet.waiting()]).toEqual([true, []]);
  const shown = await fetch(`${urlOf("rides")}${placed.headers.get("location")}`);
  expect(await shown.json()).toMatchObject({ km: 3, cents: 790, driver: expect.stringMatching(/^d-/) });
});

it("the other edge takes its own method, makes nothing up, and shows what it was asked", async () => {
  const put = (body?: string) =>
    fetch(`${urlOf("support")}/tickets`, {
      method: "PUT",
      ...(body === undefined ? {} : { body, headers: { "content-type": "application/json" } }),
    });
  expect((await put()).status).toBe(415);
  expect((await fetch(`${urlOf("support")}/tickets`, { method: "POST" })).status).toBe(405);
  const placed = await put('{"text":"left my umbrella"}');
  expect(placed.status).toBe(202);
  const shown = await fetch(`${urlOf("support")}${placed.headers.get("location")}`);
  expect(await shown.json()).toMatchObject({ text: "left my umbrella" });
});
