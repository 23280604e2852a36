import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { freeRow } from "../free-ports.ts";
import { readSession } from "../session.ts";
import { runCommand } from "../test-command.ts";
import type { Status, SystemView } from "./api-types.ts";

const START = join(import.meta.dirname, "../start.ts");
const PORTS_FROM = 20_000 + (process.pid % 300) * 20;
const OPEN = "is open.";
const ADDRESS = /^ {2}See {3}(http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/)$/m;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "loosely-console-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

async function start(data: string, ...args: readonly string[]) {
  const command = runCommand([process.execPath, START, "--quiet", "--data", data, ...args]);
  await command.says(OPEN);
  await command.says("Say ");
  return {
    url: ADDRESS.exec(command.said())?.[1],
    said: command.said,
    async end() {
      process.kill(command.pid, "SIGTERM");
      await command.ended;
    },
  };
}

const get = async <Answer>(url: string): Promise<Answer> => (await fetch(url)).json() as Promise<Answer>;

it("stands beside the ports of the system, on a page whose address stays the same while the data are kept", async () => {
  const data = newFolder();
  const port = await freeRow(PORTS_FROM, 12);
  const first = await start(data, "--port", String(port));
  expect(readSession(data)?.console).toBe(first.url);
  expect(Number(new URL(first.url ?? "").port)).toBe(port + 10);
  const system = await get<SystemView>(`${first.url}system`);
  expect(system.edges.map(({ url }) => new URL(url).port)).toEqual(system.edges.map(() => String(port)));
  expect(system.faults).toContain("kill");
  expect(Object.keys(system.personalState).length).toBeGreaterThan(0);
  const { services } = await get<Status>(`${first.url}status`);
  expect(services.map(({ state }) => state)).toEqual(services.map(() => "up"));
  await first.end();

  const second = await start(data, "--port", String(port));
  expect(second.url).toBe(first.url);
  expect((await get<SystemView>(`${second.url}system`)).started).not.toBe(system.started);
  await second.end();
});

it("is not there where nobody wants it", async () => {
  const data = newFolder();
  const shop = await start(data, "--port", "0", "--no-console");
  expect([shop.url, readSession(data)?.console]).toEqual([undefined, undefined]);
  expect(shop.said()).not.toContain("See ");
});
